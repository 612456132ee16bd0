import { namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { reads } from '../access.ts';

const route = productRoutes<Memory>();

/** As much as the messages of one call may have (`POST /v1/sessions/:id/messages`). */
const LARGEST_BODY = 8_000_000;

const version = z.literal('2.0');
const messageId = z.union([z.string(), z.number()]);
const fields = z.record(z.string(), z.unknown());

export const speakMcp = route(
  'POST /v1/mcp',
  {
    ...reads,
    operation: 'callMcp',
    summary: 'Use memory by the Model Context Protocol',
    description:
      'One message of MCP’s streamable HTTP, answered as JSON; nothing is kept between two. Its tools make the calls of this API in your name, with their rates, scopes and limits: what one of these refuses is a result with `isError` and the code. Errors of the protocol are JSON-RPC’s. It takes no Idempotency-Key: what the tools store is known by its ids.',
    idempotency: 'none',
    rawBody: true,
    maxBody: LARGEST_BODY,
    body: namedObject('McpMessage', {
      jsonrpc: version,
      id: messageId.optional().describe('None: a notification.'),
      method: z.string(),
      params: fields.optional(),
    }),
    reply: {
      200: namedObject('McpAnswer', {
        jsonrpc: version,
        id: messageId.nullable(),
        result: fields.optional(),
        error: fields.optional(),
      }),
    },
    errors: ['origin_not_allowed'],
  },
  async ({ wire }) => {
    wire.refuseForeignPages();
    // 30 MB that a server whose users have no MCP client does without.
    const { answerMcp } = await import('./http.ts');
    const answered = await answerMcp(wire);
    const body = await answered.text();
    const response = wire.take();
    const type = answered.headers.get('content-type');
    response.writeHead(answered.status, type === null ? {} : { 'content-type': type }).end(body);
  },
);
