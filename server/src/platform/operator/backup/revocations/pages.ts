import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobHome } from '#platform/blobs';
import { AppError, sha256 } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { assertSigned, beginningOf, type ListEntry, type ListPosition, readEntries } from './list.ts';

/** Where the pages of the list lie, beside the files of accounts: pages 1, 2, … */
const PAGES = 'plinth/revocations';
const keyOf = (page: number) => `${PAGES}/${page}`;

/** The pages of a list, from one of them on. */
export type ReadPages = (from: number) => AsyncIterable<string>;

type Home = Pick<BlobHome, 'head' | 'read' | 'write'>;

/** The list that an installation keeps beside its files. */
export const pagesAt = (home: Pick<Home, 'head' | 'read'>): ReadPages =>
  async function* read(from) {
    for (let page = from; (await home.head(keyOf(page))) !== undefined; page += 1) {
      const chunks = await (await home.read(keyOf(page))).toArray();
      yield Buffer.concat(chunks as Uint8Array[]).toString('utf8');
    }
  };

/** A list that was copied: a folder with its pages, or one file of all of them. */
export function pagesIn(path: string): ReadPages {
  if (!existsSync(path))
    throw new AppError('revocation_list_missing', { message: `There is no list at ${path}.` });
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /^[1-9]\d*$/.test(name))
        .sort((a, b) => Number(a) - Number(b))
        .map((name) => join(path, name))
    : [path];
  return async function* read(from) {
    for (const file of files.slice(from - 1)) yield await readFile(file, 'utf8');
  };
}

export async function writePage(home: Pick<Home, 'write'>, page: number, text: string): Promise<void> {
  const body = Buffer.from(text);
  await home.write(keyOf(page), body, {
    type: 'text/plain',
    bytes: body.length,
    sha256: sha256(body),
  });
}

export interface ReadList {
  readonly pages: ReadPages;
  readonly installation: string;
  readonly secrets: Pick<Secrets, 'keyIds' | 'derived'>;
  /** An entry that must be in it. */
  readonly past?: Pick<ListPosition, 'entries' | 'digest'>;
}

/** All entries of a list, page by page. Throws `revocation_list_broken` before the last of them where it is not whole. */
export async function* readList({
  pages,
  installation,
  secrets,
  past = beginningOf(installation),
}: ReadList): AsyncGenerator<ListEntry> {
  let position = beginningOf(installation);
  let isPast = past.entries === 0;
  for await (const page of pages(1)) {
    for (const read of readEntries(page, position, secrets)) {
      ({ position } = read);
      if (position.entries === past.entries) isPast = position.digest === past.digest;
      yield read.entry;
    }
  }
  assertSigned(position, secrets);
  if (!isPast)
    throw new AppError('revocation_list_broken', {
      message: `The list of erasures and revocations is another one, or older than this backup: that has ${past.entries} entries, the list ${position.entries} (docs/backup.md).`,
    });
}
