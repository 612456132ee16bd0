import { createServer, type ServerResponse } from 'node:http';
import { AppError } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import OpenAI from 'openai';
import { afterEach } from 'vitest';
import type { Ai } from '../ai.ts';
import { openAiError } from '../endpoint/openai-errors.ts';
import { listening } from './upstream.ts';

const POLICY = 'test.chat';

/**
 * Servers with the OpenAI endpoint and nothing else: what the gateway product does, without its governance. They are closed after
 * each test. `permitFor` answers the permit of a call.
 */
export function makeOpenAiServers(permitFor: () => Permit): (here: Ai) => Promise<OpenAI> {
  const opened: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of opened.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function served(
    here: Ai,
    to: { readonly body: Buffer; readonly response: ServerResponse; readonly signal: AbortSignal },
  ): Promise<void> {
    const prepared = here.openAiEndpoint.prepareChat(to.body, POLICY);
    await here.openAiEndpoint.relay(permitFor(), prepared, {
      response: () => to.response,
      signal: to.signal,
    });
  }

  return async (here) => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      const controller = new AbortController();
      response.once('close', () => controller.abort());
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        served(here, { body: Buffer.concat(chunks), response, signal: controller.signal }).catch(
          (error: unknown) => fail(response, error),
        );
      });
    });
    opened.push(server);
    const baseURL = `http://127.0.0.1:${await listening(server)}/v1`;
    return new OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 });
  };
}

function fail(response: ServerResponse, error: unknown): void {
  const told = error instanceof AppError ? error : new AppError('internal', { cause: error });
  if (response.destroyed) return;
  const retry = told.retryAfter === undefined ? {} : { 'retry-after': String(told.retryAfter) };
  response.writeHead(told.status, retry).end(JSON.stringify({ error: openAiError(told) }));
}
