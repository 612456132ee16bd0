import { callerOf, isServerWord } from './server-caller.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth seed [url=http://127.0.0.1:6174] [key=pl_…]

Fills the workspace of a key with what the products of plinth.config.ts have to show (seed), at a server that runs: by itself the one of
this DATA_DIR, with the key of its owner.json. Rows that are there already stay as they are.
`;

/** `seed`: a demo workspace, by the calls that any client makes. */
export const seed: Verb = async ({ config, words }) => {
  const wrong = words.find((word) => !isServerWord(word));
  if (wrong !== undefined) return printUsage(wrong, USAGE);
  const server = callerOf(config, words);
  const { products } = await import('#products');
  for (const { seed: fill } of products.flatMap(({ parts }) => parts))
    await fill?.(server, (line) => void process.stdout.write(`${line}\n`));
  return 0;
};
