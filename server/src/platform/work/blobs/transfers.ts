import { Readable } from 'node:stream';
import type { Origin, Wire } from '#platform/http';
import { AppError } from '#platform/kernel';
import { readUpload } from './read-upload.ts';
import { mismatch } from './checked-bytes.ts';
import { contentDisposition, mediaType } from './filenames.ts';
import { atHome, type BlobStorageParts } from './parts.ts';
import { declaredLength } from './receiving.ts';
import { sendFile } from './sending.ts';
import { createSigner, type SignedFacts } from './signer.ts';
import { type BlobRow, signedBlob } from './store.ts';

/** Milliseconds that an upload may take after its time: it began within it. */
const LATE = 900_000;

/** A call with a signed request. */
export interface SignedCall {
  readonly wire: Wire;
  readonly origin: Origin;
  readonly signature: string;
}

/** Answers the signed requests of a home that lies with this server. */
export interface Transfers {
  /** Takes a file, or nothing of it. */
  receive(facts: SignedFacts & { readonly does: 'put' }, call: SignedCall): Promise<void>;
  /** Takes a part of one. */
  receivePart(facts: SignedFacts & { readonly does: 'part' }, call: SignedCall): Promise<void>;
  /** Sends a file, or the range that is asked for. */
  send(facts: SignedFacts & { readonly does: 'get' }, call: SignedCall): Promise<void>;
}

export function createTransfers(parts: BlobStorageParts): Transfers {
  const { clock, db } = parts;
  const signer = createSigner(parts.secrets);
  /** The request that sends a file at this moment, by the name of what it sends. */
  const underWay = new Map<string, AbortController>();

  function assertSigned(facts: SignedFacts, signature: string): void {
    if (!signer.isSigned(facts, signature)) throw new AppError('signed_url_invalid');
    if (facts.expires * 1_000 < clock.now()) throw new AppError('signed_url_expired');
  }

  async function rowOf(id: string): Promise<BlobRow> {
    const [[row]] = await db.system('blobs.signed', [signedBlob(id)]);
    if (row === undefined || row.status === 'forgotten') throw new AppError('blob_not_found');
    return row;
  }

  async function reservedRow(id: string): Promise<BlobRow> {
    const row = await rowOf(id);
    if (row.status === 'stored') throw new AppError('upload_over');
    if (row.over) throw new AppError('upload_expired');
    return row;
  }

  /** One request at a time: the newest, whose sender has given up the one before. */
  async function runNewest<T>(name: string, work: (replaced: AbortSignal) => Promise<T>): Promise<T> {
    underWay.get(name)?.abort(new AppError('upload_replaced'));
    const mine = new AbortController();
    underWay.set(name, mine);
    try {
      return await work(mine.signal);
    } finally {
      if (underWay.get(name) === mine) underWay.delete(name);
    }
  }

  function bytesOf({ wire, origin }: SignedCall, facts: SignedFacts, replaced: AbortSignal): Readable {
    const until = facts.expires * 1_000 + LATE;
    const { request } = wire;
    const source = { request, bytes: wire.bytes(), clock, signal: origin.signal, until, replaced };
    return Readable.from(readUpload(source), { objectMode: false });
  }

  return {
    async receive(facts, call) {
      assertSigned(facts, call.signature);
      const { bytes, type, sha256 } = facts;
      if (declaredLength(call.wire.request) !== bytes) throw mismatch('bytes');
      if (mediaType(call.wire.request.headers['content-type'] ?? '') !== type) throw mismatch('type');
      const { id, key } = await reservedRow(facts.id);
      await runNewest(id, (replaced) =>
        atHome(parts, 'write', (home) =>
          home.write(key, bytesOf(call, facts, replaced), { bytes, type, sha256 }),
        ),
      );
    },
    async receivePart(facts, call) {
      assertSigned(facts, call.signature);
      const { part, bytes } = facts;
      if (declaredLength(call.wire.request) !== bytes) throw mismatch('bytes');
      const { id, key, upload_id: uploadId } = await reservedRow(facts.id);
      if (uploadId === null) throw new AppError('blob_not_found');
      await runNewest(`${id} ${part}`, (replaced) =>
        atHome(parts, 'write', async (home) => {
          if (home.writePart === undefined) throw new AppError('blob_not_found');
          await home.writePart({ key, uploadId, part, bytes }, bytesOf(call, facts, replaced));
        }),
      );
    },
    async send(facts, call) {
      assertSigned(facts, call.signature);
      const row = await rowOf(facts.id);
      if (row.status !== 'stored' || row.over) throw new AppError('blob_not_found');
      await sendFile(parts, row, {
        ...call,
        etag: `"${row.sha256}"`,
        headers: {
          'content-type': facts.type,
          'content-disposition': contentDisposition(facts.filename),
        },
      });
    },
  };
}
