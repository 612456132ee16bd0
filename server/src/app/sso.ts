import type { Config } from '#platform/config';
import { createSso, type Sso } from '#platform/sso';
import type { Telemetry } from '#platform/telemetry';

interface SsoWiring
  extends Omit<Parameters<typeof createSso>[0], 'baseUrl' | 'dnsServers' | 'allowLoopback' | 'log'> {
  readonly options: { readonly config: Config };
  readonly telemetry: Telemetry;
}

/** Single sign-on, as the settings have it. */
export function openSso(parts: SsoWiring): Sso {
  const { baseUrl, environment, ssoDnsServers: dnsServers } = parts.options.config;
  const { logger: log } = parts.telemetry;
  return createSso({ ...parts, log, baseUrl, dnsServers, allowLoopback: environment !== 'production' });
}
