import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { join } from 'node:path';
import { atEndOfFile } from '@plinth/testkit/closing';
import { ROOT } from '@plinth/testkit/house/source';
import { QUICK } from '@plinth/testkit/services/programs';

type Fields = Readonly<Record<string, unknown>>;

/** A tool's result. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  /** Its text, read: its quotes, its JSON, or its error. */
  readonly fields: Fields;
}

const FRAMED =
  /^(?<notice>.*)\n--- memory (?<mark>\w+) ---\n(?<quotes>[^]*)\n--- end of memory \k<mark> ---(?<more>[^]*)$/;

/** Reads the text of a result. */
export function fieldsOf(text: string, isError: boolean): Fields {
  const framed = FRAMED.exec(text)?.groups;
  if (framed !== undefined) {
    const { notice, quotes = '', more = '' } = framed;
    const lines = quotes.split('\n').filter((line) => line.startsWith('{'));
    return { notice, quotes: lines.map((line) => JSON.parse(line) as Fields), ...fieldsIn(more) };
  }
  const [first = '', rest = ''] = text.split(/\n(?=\{)/);
  if (isError) return { error: { code: first.split(': ', 1)[0], ...fieldsIn(rest) } };
  return text.startsWith('Memory has nothing') ? { quotes: [], ...fieldsIn(rest) } : fieldsIn(text);
}

const fieldsIn = (text: string): Fields => (text.trim().startsWith('{') ? (JSON.parse(text) as Fields) : {});

/** MCP's own client, connected. */
export interface McpClient {
  readonly client: Client;
  /** Its server's words on its other output. */
  said(): string;
  use(tool: string, input?: Readonly<Record<string, unknown>>): Promise<ToolResult>;
}

export type Way = 'stdio' | 'http';

export interface Place {
  readonly url: string;
  readonly key: string;
}

/** `era`: which handshake it speaks, that of 2025 or that of 2026. */
export async function connect(way: Way, place: Place, era: 'auto' | 'legacy' = 'auto'): Promise<McpClient> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } });
  let said = '';
  const transport = way === 'http' ? overHttp(place) : overStdio(place, (text) => (said += text));
  atEndOfFile(() => client.close());
  await client.connect(transport);
  return {
    client,
    said: () => said,
    async use(name, input = {}) {
      const { content, isError = false } = await client.callTool({ name, arguments: input });
      const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
      return { isError, text, fields: fieldsOf(text, isError) };
    },
  };
}

export function overHttp({ url, key }: Place) {
  const headers = { authorization: `Bearer ${key}` };
  return new StreamableHTTPClientTransport(new URL('/v1/mcp', url), { requestInit: { headers } });
}

function overStdio({ url, key }: Place, heard: (text: string) => void) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...QUICK, join(ROOT, 'server/bin/plinth.js'), 'mcp'],
    env: { PATH: process.env['PATH'] ?? '', PLINTH_URL: url, PLINTH_KEY: key },
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (data: Buffer) => heard(data.toString()));
  return transport;
}
