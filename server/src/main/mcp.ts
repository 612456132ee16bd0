import { join } from 'node:path';
import { isPackage } from '#platform/config';
import { ROOT } from './build-files.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: PLINTH_URL=https://your-server.example PLINTH_KEY=pl_… plinth mcp

Serves a product to an MCP client on standard input and output, by calls of the server at PLINTH_URL (docs/memory.md).
`;

/** `mcp`: the client starts it in a folder of its own, whose .env is none of ours. */
export const mcp: Verb = async ({ words: [word] }) => {
  if (word !== undefined) return printUsage(word, USAGE);
  const { PLINTH_URL: url = '', PLINTH_KEY: key = '' } = process.env;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '') || key === '') {
    process.stderr.write(
      `PLINTH_URL must be the address of a server, and PLINTH_KEY an API key of it.\n${USAGE}`,
    );
    return 2;
  }
  // Its products are those of the repository that the package is installed in.
  if (isPackage) process.chdir(join(ROOT, '../..'));
  const { products } = await import('#products');
  const serve = products
    .flatMap(({ parts }) => parts)
    .find(({ mcpOnStdio }) => mcpOnStdio !== undefined)?.mcpOnStdio;
  if (serve === undefined) {
    process.stderr.write('mcp_missing: no product in plinth.config.ts serves MCP.\n');
    return 2;
  }
  const problem = await serve({ url, key });
  if (problem === undefined) return 0;
  process.stderr.write(`The connection to the MCP client has ended: ${problem.message}\n`);
  return 1;
};
