import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { scopeFeed, userFeed } from '../activity/store.ts';
import { changeBody, listThreads } from '../comments/store.ts';
import { listFavourites } from '../favourites/store.ts';
import { changeTemplate, listTemplates } from '../templates/store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const account = ids.next<AccountId>();
const user = ids.next<UserId>();
const which = { accountId: account, id: account, version: 1 };
const scope = { accountId: account, scopeId: account };
const places = [undefined, { at: 1, id: account }];
const feeds = places.flatMap((after) => [
  { kind: 'scope', actor: undefined, after, limit: 1 },
  { kind: 'scope.created', actor: user, after, limit: 1 },
]);

/** Those of changes, comments, templates, favourites and feeds. */
export const collaborationStatements: Readonly<Record<string, readonly Statement[]>> = {
  'activity/store.ts scopeFeed': feeds.map((query) => scopeFeed(scope, query)),
  'activity/store.ts userFeed': feeds.map((query) => userFeed({ userId: user, only: account }, query)),
  'comments/store.ts listThreads': places.flatMap((after) =>
    [true, false, undefined].map((resolved) =>
      listThreads(scope, { section: account, resolved, after, limit: 1 }),
    ),
  ),
  'comments/store.ts changeBody': [changeBody(which, 'a')],
  'favourites/store.ts listFavourites': places.map((after) =>
    listFavourites({ accountId: account, userId: user }, { after, limit: 1 }),
  ),
  'templates/store.ts listTemplates': places.map((after) => listTemplates(account, { after, limit: 1 })),
  'templates/store.ts changeTemplate': [
    changeTemplate(which, { name: 'a', description: null, sections: [] }),
  ],
};
