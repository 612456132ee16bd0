import { setTimeout } from 'node:timers/promises';
import { callerOf, isServerWord } from '../server-caller.ts';
import { printUsage, type Verb } from '../verb.ts';

const USAGE = `Usage: plinth sample [remove] [url=http://127.0.0.1:6174] [key=pl_…]

Fills a month of a sample shop beside a development server that runs, in a folder of its own, and prints a link to it. "sample remove" ends
and deletes it. It ends with the server too.
`;

/** Milliseconds between two looks at how far it is. */
const PAUSE = 1_000;

/** `sample`: the sample shop of a server that runs. */
export const sample: Verb = async ({ config, words }) => {
  const isRemoval = words[0] === 'remove';
  const named = words.slice(isRemoval ? 1 : 0);
  const wrong = named.find((word) => !isServerWord(word));
  if (wrong !== undefined) return printUsage(wrong, USAGE);
  const server = callerOf(config, named);
  if (isRemoval) {
    await server.call('DELETE /v1/admin/sample');
    process.stdout.write('The sample shop is removed.\n');
    return 0;
  }
  let shop = await server.call('POST /v1/admin/sample', {});
  if (shop['state'] === 'filling')
    process.stdout.write('Filling a month of a sample shop: it takes a minute.\n');
  while (shop['state'] === 'filling') {
    await setTimeout(PAUSE);
    shop = await server.call('GET /v1/admin/sample');
  }
  if (shop['state'] !== 'ready') {
    process.stderr.write('It could not be filled: the log of the server says why.\n');
    return 1;
  }
  const { url } = await server.call('POST /v1/admin/sample', {});
  process.stdout.write(`This link signs you in, once, within ten minutes:\n  ${String(url)}\n`);
  return 0;
};
