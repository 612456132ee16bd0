import { type Fixture, writePosts, type WrittenPosts } from './write-posts.ts';
import { readBriefs } from './briefs.ts';
import { type Score, scoreOf } from './score.ts';

/** Briefs that are written at once; each asks for its five platforms at once. */
const AT_ONCE = 4;

/** Has the first `limit` briefs written on all platforms, and judges them. The server needs a key for each. */
export async function evaluateReel(fixture: Fixture, limit: number): Promise<Score> {
  const briefs = readBriefs().slice(0, limit);
  const all: WrittenPosts[] = [];
  for (let from = 0; from < briefs.length; from += AT_ONCE) {
    const some = briefs.slice(from, from + AT_ONCE);
    all.push(...(await Promise.all(some.map((brief, n) => writePosts(fixture, brief, from + n)))));
  }
  return scoreOf(all);
}
