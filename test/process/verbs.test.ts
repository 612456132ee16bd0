import { temporaryFolder } from '#test/services';
import { expect, test } from 'vitest';
import { startProgram } from './program.ts';

test('a verb that there is not is named, with the nearest that there is', async () => {
  const program = startProgram(['mgirate'], { environment: {}, cwd: temporaryFolder() });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.said()).toMatch(/^There is no verb "mgirate"\. Do you mean "plinth migrate"\?\n/);
});
