import type { Patch } from './patch.ts';

const LIVE = 'test/orbit/live.test.ts ::';
const READERS = 'test/orbit/live-readers.test.ts ::';
const COMMENTS = 'test/orbit/comments.test.ts ::';
const TEMPLATES = 'test/orbit/templates.test.ts ::';
const ACTIVITY = 'test/orbit/activity.test.ts ::';

/** Working together on scopes: live, comments, templates, feeds. */
export const ORBIT_COLLABORATION: readonly Patch[] = [
  {
    name: 'scope-readers-stay-for-ever',
    file: 'src/products/orbit/live/live.ts',
    find: 'if (allowed.has(index + 1)) one.knownAt = began;\n      else one.reader.end();',
    replace: 'one.knownAt = began;',
    expects: `${LIVE} a reader whose rights end is cut: > removed from the workspace, its key revoked, the scope deleted, the workspace closed`,
  },
  {
    name: 'scope-seam-open',
    file: 'src/products/orbit/live/service.ts',
    find: 'const missed = await missedAfter(db, feed.key, told);',
    replace: "const missed: Missed = { is: 'changes', changes: [], head: feed.head };",
    expects: `${LIVE} a reader of a scope’s events > misses nothing across the seam of what is replayed and what comes, whenever it begins`,
  },
  {
    name: 'scope-lost-signals-lost',
    file: 'src/products/orbit/live/live.ts',
    find: 'checkRights(), feeds.catchUp(), beaten',
    replace: 'checkRights(), beaten',
    expects: `${LIVE} a reader of a scope’s events > a change whose signal was lost is told all the same`,
  },
  {
    name: 'scope-pruned-untold',
    file: 'src/products/orbit/live/feed.ts',
    find: 'if (told < pruned || told > head',
    replace: 'if (told > head',
    expects: `${LIVE} a reader of a scope’s events > who was away for too long, or comes with a number of another life, is told to read anew`,
  },
  {
    name: 'scope-presence-of-the-dead',
    file: 'src/products/orbit/live/store.ts',
    find: 'where p.expires_at > (select app.now())',
    replace: 'where true',
    expects: `${LIVE} who is here > is nobody of a process that was killed, some seconds later`,
  },
  {
    name: 'scope-readers-unbounded',
    file: 'src/products/orbit/live/reader.ts',
    find: 'if (unread.length >= MOST_UNREAD) return cut.abort();',
    replace: '',
    expects: `${READERS} what a reader has left unread is bounded, and who is here is told once however often it changed`,
  },
  {
    name: 'comment-mails-of-strangers',
    file: 'src/products/orbit/comments/mentions.ts',
    find: "if (unknown.length > 0) throw new AppError('mention_unknown', { details: { users: unknown } });",
    replace: '',
    expects: `${COMMENTS} who is mentioned > must be a member: of another person nothing is told, and nothing is stored`,
  },
  {
    name: 'comment-mails-again',
    file: 'src/products/orbit/comments/mentions.ts',
    find: 'user_id !== caller.userId && news.some((one) => one.user_id === user_id)',
    replace: 'mentions.includes(user_id)',
    expects: `${COMMENTS} who is mentioned > is written to once for a comment, and nobody of their own`,
  },
  {
    name: 'comment-of-anybody-changed',
    file: 'src/products/orbit/comments/service.ts',
    find: "if (present.user_id !== caller.userId) throw new AppError('forbidden');",
    replace: '',
    expects: `${COMMENTS} a comment > is changed by its author alone, of the version that they have read`,
  },
  {
    name: 'public-template-kept',
    file: 'src/products/orbit/templates/public.ts',
    find: 'const changed = () => db.signal(PUBLISHED, ALL);',
    replace: 'const changed = () => {};',
    expects: `${TEMPLATES} a public template > that is kept in a process is dropped when it changes, and when it is taken back`,
  },
  {
    name: 'activity-of-former-members',
    file: 'src/products/orbit/activity/service.ts',
    find: "if (asked !== undefined && membership.length === 0) throw new AppError('not_found');",
    replace: '',
    expects: `${ACTIVITY} the feed of a person > is of all workspaces that they are a member of now, and of no other`,
  },
  {
    name: 'activities-outlive-a-workspace',
    file: 'src/products/orbit/parts/collaboration.ts',
    find: "{ table: 'orbit.activities', account: erased() }",
    replace: "{ table: 'orbit.activities', account: { does: 'keep', because: 'nobody looks at them' } }",
    expects:
      'test/orbit/leaving.test.ts :: a workspace takes each table of Orbit and each file with it: into its export, and out of the database; others keep theirs',
  },
];
