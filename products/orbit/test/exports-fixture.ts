import { expect } from 'vitest';
import type { Reply } from '@plinth/testkit/services/app';
import type { Format } from '@plinth/documents';
import type { Colleague } from './fixture.ts';

export type Item = Readonly<Record<string, unknown>>;

export interface MadeFile {
  readonly row: Item;
  /** Answer to the call that asked for it. */
  readonly asked: Item;
  readonly bytes: Buffer;
  readonly headers: Headers;
}

export interface ExportRequest {
  readonly format: Format;
  readonly citations?: boolean;
}

export function ask(by: Colleague, scope: string, wish: Format | ExportRequest): Promise<Reply> {
  return by.post(`/v1/scopes/${scope}/export`, typeof wish === 'string' ? { format: wish } : wish);
}

/** An export when it has ended. */
export async function waitForExport(by: Colleague, id: unknown): Promise<Item> {
  for (;;) {
    const { body } = await by.get(`/v1/exports/${String(id)}?wait=20`);
    if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
  }
}

/** Asks for a file, and reads it by its link. */
export async function fileOf(by: Colleague, scope: string, wish: Format | ExportRequest): Promise<MadeFile> {
  const { status, body } = await ask(by, scope, wish);
  expect(status).toBe(202);
  const row = await waitForExport(by, body['export_id']);
  expect(row).toMatchObject({ status: 'completed', error: null });
  const { url } = row['download'] as { url: string };
  const got = await fetch(url);
  expect(got.status).toBe(200);
  return { row, asked: body, bytes: Buffer.from(await got.arrayBuffer()), headers: got.headers };
}
