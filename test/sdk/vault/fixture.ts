import { createClient, type Time } from '@plinth/sdk';
import { createVault, memoryStore, openVault, type Vault, type VaultStore } from '@plinth/sdk/vault';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { QUICK } from './streams.ts';

export const PASSPHRASE = 'correct horse battery staple';

/** What an answer becomes on its way. */
export type OnTheWay = (call: string, answer: Response) => Response | Promise<Response>;

/** What is between a device and the server. */
export interface Network {
  /** Calls that still come through; after them there is no network. */
  callsLeft: number;
  /** Whether the first call without a network reaches the server all the same, and its answer is lost. */
  losesAnswer: boolean;
  tamper: OnTheWay | undefined;
  /** Milliseconds that the device was asked to wait, each time. */
  readonly waits: number[];
  /** All calls that were made. */
  readonly calls: string[];
}

/** A device of a person: what it keeps outlives the program on it. */
export interface Device {
  readonly store: VaultStore;
  readonly network: Network;
  readonly options: Parameters<typeof openVault>[0];
}

/** The app, and a person with a vault in it. */
export async function vaultFixture() {
  const app = await testApp();
  const person = await app.person('adiuva.team');

  function device(store: VaultStore = memoryStore(), by = person): Device {
    const network: Network = {
      callsLeft: Infinity,
      losesAnswer: false,
      tamper: undefined,
      waits: [],
      calls: [],
    };
    // Only rates are waited for: tests call more often than people.
    const time: Time = {
      now: () => Date.now(),
      random: () => 0,
      async wait(milliseconds, signal) {
        signal?.throwIfAborted();
        network.waits.push(milliseconds);
        await forgetRates(app);
      },
    };
    const client = createClient({
      baseUrl: app.url,
      apiKey: by.key,
      fetch: onNetwork(network),
      retries: { max: network.callsLeft === Infinity ? 3 : 0, longest: 3_600_000 },
      time,
    });
    return { store, network, options: { client, accountId: by.accountId, store, time } };
  }
  const first = device();
  const { vault, recoveryKey = '' } = await createVault(first.options, {
    passphrase: PASSPHRASE,
    cost: QUICK,
  });
  return {
    app,
    person,
    device,
    first: { ...first, vault },
    recoveryKey,
    /** A further device, or one that was switched off and on. */
    async open(of: Device = device()): Promise<Device & { readonly vault: Vault }> {
      return { ...of, vault: await openVault(of.options, { recoveryKey }) };
    },
  };
}

function onNetwork(network: Network): typeof fetch {
  return async (input, init) => {
    const { pathname } = new URL(new Request(input).url);
    const call = `${init?.method} ${pathname}`;
    network.calls.push(call);
    network.callsLeft -= 1;
    if (network.callsLeft < -1 || (network.callsLeft === -1 && !network.losesAnswer))
      throw new TypeError('no network');
    const answer = await fetch(input, init);
    if (network.callsLeft === -1) {
      await answer.arrayBuffer();
      throw new TypeError('the answer is lost');
    }
    return network.tamper === undefined ? answer : network.tamper(call, answer);
  };
}

/** An answer with other bytes. */
export function withBytes(answer: Response, bytes: Uint8Array<ArrayBuffer>): Response {
  return new Response(bytes, { status: answer.status, headers: answer.headers });
}
