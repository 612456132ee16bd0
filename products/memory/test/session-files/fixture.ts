import { readFileSync } from 'node:fs';
import { statement } from '#platform/db';
import type { TestAppOptions } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { openMemory, type Rememberer } from '../fixture.ts';
import { filesIn } from './lying.ts';

/** A client's file, and its type. */
export interface Sent {
  readonly id?: string;
  readonly name?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** People who have files in their sessions, and the folder where the bytes lie. */
export async function openFiles(options: TestAppOptions = {}) {
  const memory = await openMemory(options);
  async function send(
    by: Pick<Rememberer, 'key'>,
    session: string,
    ...[bytes, sent = {}]: [bytes: string | Uint8Array<ArrayBuffer>, sent?: Sent]
  ) {
    const { id = 'f-1', name = 'notes.txt', type = 'text/plain', headers = {} } = sent;
    await forgetRates(memory);
    const response = await fetch(
      `${memory.url}/v1/sessions/${session}/files?${new URLSearchParams({ client_id: id, name, type }).toString()}`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${by.key}`,
          'content-type': 'application/octet-stream',
          ...headers,
        },
        body: bytes,
      },
    );
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }
  async function read(by: Pick<Rememberer, 'key'>, session: string, file: string) {
    await forgetRates(memory);
    const response = await fetch(`${memory.url}/v1/sessions/${session}/files/${file}`, {
      headers: { authorization: `Bearer ${by.key}` },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
  const lying = () => filesIn(memory);
  return {
    ...memory,
    send,
    read,
    lying,
    /** Stores a file; answers its id. */
    store: async (...sent: Parameters<typeof send>) => String((await send(...sent)).body['id']),
    bytesLying: () => Buffer.concat(lying().map((path) => readFileSync(path))),
    async listed(by: Rememberer, session: string) {
      const { body } = await by.call(`GET /v1/sessions/${session}/files?limit=100`);
      return body['data'] as Record<string, unknown>[];
    },
    /** Deletes the bytes of what is forgotten. */
    sweep: () => memory.app.modules.blobs.sweep(),
    blobOf: async (file: string) => {
      const [row] = await memory.db.asMigrator(
        statement<{ blob_id: string }>('select blob_id from coditect.memory_files where id = $1', [file]),
      );
      return row?.blob_id ?? '';
    },
  };
}
