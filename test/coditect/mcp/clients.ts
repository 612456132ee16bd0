import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { join } from 'node:path';
import { atEndOfFile } from '#test/closing';
import { ROOT } from '../../house/source.ts';
import { QUICK } from '../../services/programs.ts';

/** What a tool answered. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** MCP's own client, connected. */
export interface McpClient {
  readonly client: Client;
  /** What its server has said on its other output. */
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
      const { content, structuredContent, isError } = await client.callTool({ name, arguments: input });
      const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
      return { isError: isError === true, text, fields: (structuredContent ?? {}) as ToolResult['fields'] };
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
    args: [QUICK, join(ROOT, 'bin/plinth.js'), 'mcp'],
    env: { PATH: process.env['PATH'] ?? '', PLINTH_URL: url, PLINTH_KEY: key },
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (data: Buffer) => heard(data.toString()));
  return transport;
}
