import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { changeDraft, listDrafts } from '../drafts/store.ts';
import { changeAsset, listAssets } from '../library/store.ts';

const account = createIds({ clock: systemClock, random: systemRandom }).next<AccountId>();
const which = { accountId: account, id: account };
const places = [undefined, { at: 1, id: account }];
const platforms = ['linkedin', undefined] as const;
const draft = { title: 'a', topic: 'b', tone: null, audience: null, brand_voice: null, language: 'en' };
const asset = {
  title: 'a',
  tags: ['b'],
  status: 'draft',
  hook: 'c',
  body: 'd',
  cta: 'e',
  hashtags: ['f'],
} as const;

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'drafts/store.ts listDrafts': places.flatMap((after) =>
    platforms.map((platform) => listDrafts(account, { platform, after, limit: 1 })),
  ),
  'drafts/store.ts changeDraft': [
    changeDraft({ ...which, version: 1 }, { ...draft, selected_variant_id: account }),
    changeDraft({ ...which, version: undefined }, { title: null }),
  ],
  'library/store.ts listAssets': places.flatMap((after) =>
    platforms.map((platform) =>
      listAssets(account, { platform, status: undefined, deleted: false }, { after, limit: 1 }),
    ),
  ),
  'library/store.ts changeAsset': [changeAsset({ ...which, version: 1 }, asset)],
};
