import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Reply } from '@plinth/testkit/services/app';
import type { Colleague } from './fixture.ts';

/** A file that another program made (products/documents/test/files/README.md). */
export const fileOf = (name: string): Buffer =>
  readFileSync(new URL(`../../documents/test/files/${name}`, import.meta.url));

const TYPES = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  md: 'text/markdown',
  txt: 'text/plain',
  html: 'text/html',
  png: 'image/png',
  jpg: 'image/jpeg',
} as const;

/** A client's declaration for a file of this name. */
export function declarationOf(name: string, bytes: Buffer) {
  const ending = name.slice(name.lastIndexOf('.') + 1) as keyof typeof TYPES;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, type: TYPES[ending], bytes: bytes.length, sha256 };
}

export interface Upload {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A file, and what it belongs to. */
export interface PlacedFile {
  readonly bytes: Buffer;
  readonly scope_id?: string;
  readonly project_id?: string;
}

/** Begins an upload; the document's id and where its file goes. */
export async function presign(by: Colleague, name: string, file: Buffer | PlacedFile) {
  const { bytes, ...place }: PlacedFile = Buffer.isBuffer(file) ? { bytes: file } : file;
  const { status, body } = await by.post('/v1/documents/presign', {
    ...declarationOf(name, bytes),
    ...place,
  });
  if (status !== 201) throw new Error(`no upload was begun: ${JSON.stringify(body)}`);
  return { id: (body['document'] as { id: string }).id, upload: body['upload'] as Upload };
}

export function send({ method, url, headers }: Upload, bytes: Buffer): Promise<Response> {
  return fetch(url, { method, headers, body: new Uint8Array(bytes) });
}

/** Uploads a file; its id, once a worker knows of it. */
export async function uploadFile(
  by: Colleague,
  name: string,
  file: Buffer | PlacedFile = fileOf(name),
): Promise<string> {
  const { id, upload } = await presign(by, name, file);
  const bytes = Buffer.isBuffer(file) ? file : file.bytes;
  const sent = await send(upload, bytes);
  if (!sent.ok) throw new Error(`the file was not taken: ${await sent.text()}`);
  const { status, body } = await by.post(`/v1/documents/${id}/complete`);
  if (status !== 202) throw new Error(`the upload was not completed: ${JSON.stringify(body)}`);
  return id;
}

/** The document's status once it has ended. */
export async function waitForDocument(by: Colleague, id: string): Promise<Reply['body']> {
  for (;;) {
    const { body } = await by.get(`/v1/documents/${id}/status?wait=20`);
    if (body['status'] !== 'pending' && body['status'] !== 'processing') return body;
  }
}

/** Uploads a file and waits until it is read, or can't be. */
export async function readAs(by: Colleague, name: string, bytes?: Buffer): Promise<Reply['body']> {
  return waitForDocument(by, await uploadFile(by, name, bytes));
}

/** The texts of its pages. */
export async function textsOf(by: Colleague, id: string): Promise<string[]> {
  const { body } = await by.get(`/v1/documents/${id}/pages?limit=100`);
  return (body['data'] as { text: string }[]).map(({ text }) => text);
}
