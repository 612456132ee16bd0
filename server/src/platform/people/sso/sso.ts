import type { Accounts } from '#platform/accounts';
import { createOpenIdClient, type Identity } from '#platform/identity';
import type { Clock } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import { type Connections, createConnections } from './connections.ts';
import { createDomains, type Domains } from './domains.ts';
import type { SetupParts } from './setup.ts';
import { createSignIn, redirectUri, type SignIn } from './sign-in.ts';
import { txtRecordsFrom } from './txt-records.ts';

export interface SsoParts extends Omit<SetupParts, 'accounts' | 'txtRecords'> {
  readonly clock: Clock;
  readonly accounts: Pick<Accounts, 'authorizeMember' | 'lockAuthorized' | 'newcomers'>;
  readonly identity: Pick<Identity, 'addUser' | 'claimAddress' | 'federation' | 'mailSignIns'>;
  readonly log: Pick<Logger, 'warn'>;
  /** The address of this server, without a slash at its end. */
  readonly baseUrl: string;
  /** Servers that are asked for DNS; those of the machine where there are none. */
  readonly dnsServers: readonly string[];
  /** Whether a provider may be on this machine: in development. */
  readonly allowLoopback: boolean;
  /** Milliseconds for one request to a provider; 5 s when not said. */
  readonly patience?: number;
}

/** Single sign-on of organizations (docs/sso.md). */
export interface Sso {
  readonly connections: Connections;
  readonly domains: Domains;
  readonly signIn: SignIn;
}

export function createSso(parts: SsoParts): Sso {
  const setup = { ...parts, txtRecords: txtRecordsFrom(parts.dnsServers) };
  const clientOf = (settings: Parameters<typeof createOpenIdClient>[1]) =>
    createOpenIdClient(parts, settings);
  return {
    connections: createConnections({
      ...setup,
      redirectUri: (accountId) => redirectUri(parts.baseUrl, accountId),
    }),
    domains: createDomains(setup),
    signIn: createSignIn({ ...parts, clientOf }),
  };
}
