import { createOpenIdSandbox, type OpenIdSandbox, type OpenIdSandboxOptions } from '#sandbox/openid';
import { atEndOfFile } from '@plinth/testkit/closing';

/** An OpenID provider until the end of the test file. Its keys are made here, and not while a test waits for one. */
export async function openProvider(options?: OpenIdSandboxOptions): Promise<OpenIdSandbox> {
  const provider = await createOpenIdSandbox(options);
  atEndOfFile(() => provider.close());
  await provider.rotateKeys();
  return provider;
}
