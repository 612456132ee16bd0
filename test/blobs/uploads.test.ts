import { describe, expect, test } from 'vitest';
import { openBlobs, said, send, sha256 } from './fixture.ts';

const fixture = await openBlobs();
const TEXT = 'what a client wrote';

describe('an upload', () => {
  test('is sent to where it is told, completed, and read again', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    expect(await owner.used()).toBe(TEXT.length);
    expect(said(await send(upload, TEXT))).toBe('204');
    const completed = await owner.call(`POST /v1/vault/files/${id}/complete`);
    expect(completed.json).toMatchObject({ id, bytes: TEXT.length, sha256: sha256(TEXT), type: 'text/plain' });
    const { json } = await owner.call(`GET /v1/vault/files/${id}`);
    const got = await fetch(String(json['url']));
    expect(got.status).toBe(200);
    expect(await got.text()).toBe(TEXT);
  });
});
