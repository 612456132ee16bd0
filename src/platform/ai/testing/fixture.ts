import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Ai, AiParts } from '../ai.ts';
import type { PolicyInput } from '../policy.ts';
import { openAi } from './open.ts';

/** What a stand needs of a sandbox: the module itself does not know them. */
interface SandboxLike {
  readonly url: string;
  readonly apiKey: string;
  readonly faults: { clear(): void };
  close(): Promise<void>;
}

/** A sandbox for the tests of a file, and AI gateways over it that are closed after each test. */
export interface Fixture<Sandbox> {
  readonly sandbox: Sandbox;
  /** Opens a gateway over the sandbox, or over the upstreams that are named. The policy is that of `test.chat`. */
  open(parts?: Partial<AiParts>, policy?: Partial<PolicyInput>): Ai;
}

export function makeFixture<Sandbox extends SandboxLike>(
  start: () => Promise<Sandbox>,
  usual: Partial<AiParts> = {},
): Fixture<Sandbox> {
  let sandbox: Sandbox | undefined;
  const opened: Ai[] = [];

  function started(): Sandbox {
    if (sandbox === undefined) throw new Error('the sandbox is started before the tests of the file');
    return sandbox;
  }

  beforeAll(async () => {
    sandbox = await start();
  });
  afterEach(async () => {
    sandbox?.faults.clear();
    await Promise.all(opened.splice(0).map((ai) => ai.close()));
  });
  afterAll(() => sandbox?.close());

  return {
    get sandbox() {
      return started();
    },
    open(parts = {}, policy = {}) {
      const { url: baseUrl, apiKey } = started();
      const ai = openAi({ upstreams: [{ name: 'sandbox', baseUrl, apiKey }], ...usual, ...parts }, policy);
      opened.push(ai);
      return ai;
    },
  };
}
