import type { Customer, Reply } from '@plinth/testkit/services/app';
import { type ReelFixture, reelFixture } from './fixture.ts';

/** An asset as it is answered. */
export interface Asset {
  readonly id: string;
  readonly title: string | null;
  readonly language: string;
  readonly version: number;
  readonly tags: readonly string[];
}

/** Acts of a creator on a library, by its calls. */
export interface LibraryFixture extends ReelFixture {
  post(by: Customer, body: object, key?: string): Promise<Reply>;
  /** Saves an asset that must be accepted. */
  save(by: Customer, body: object): Promise<Asset>;
  /** Changes an asset, of the version `ifMatch` if it is said. */
  change(by: Customer, asset: Pick<Asset, 'id'> & { ifMatch?: number }, body: object): Promise<Reply>;
  /** All pages of a list: `tags=a,b&q=words`. */
  list(by: Customer, query: string): Promise<Asset[]>;
}

interface Page {
  readonly data: readonly Asset[];
  readonly next_cursor: string | null;
}

const PATH = '/v1/library/assets';

export async function libraryFixture(): Promise<LibraryFixture> {
  const fixture = await reelFixture();
  const { call } = fixture;
  const post = (by: Customer, body: object, key?: string) =>
    call(by.key, `POST ${PATH}`, { body, headers: key === undefined ? {} : { 'idempotency-key': key } });
  return {
    ...fixture,
    post,
    async save(by, body) {
      const reply = await post(by, body);
      if (reply.status !== 201) throw new Error(`it was refused: ${JSON.stringify(reply.body)}`);
      return reply.body as unknown as Asset;
    },
    change: (by, { id, ifMatch }, body) =>
      call(by.key, `PATCH ${PATH}/${id}`, {
        body,
        headers: ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` },
      }),
    async list(by, query) {
      const found: Asset[] = [];
      for (let cursor = ''; ; ) {
        const { status, body } = await call(by.key, `GET ${PATH}?${query}${cursor}`);
        if (status !== 200) throw new Error(`it was refused: ${JSON.stringify(body)}`);
        const { data, next_cursor: next } = body as unknown as Page;
        found.push(...data);
        if (next === null) return found;
        cursor = `&cursor=${next}`;
      }
    },
  };
}
