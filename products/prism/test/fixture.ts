import { type Calls, callsOf } from '@plinth/testkit/fixtures/calls';
import {
  type Customer,
  type Reply,
  type TestApp,
  testApp,
  type TestAppOptions,
} from '@plinth/testkit/services/app';
import type { FollowedStream } from '@plinth/testkit/fixtures/follow';

/** Acts of a person, by the calls of Prism. */
export interface Person extends Omit<Calls, 'used'> {
  turn(thought?: string, headers?: Record<string, string>): Promise<Reply>;
  /** Opens a session that must be opened, and answers its id. */
  session(): Promise<string>;
  say(sessionId: string, content?: string, headers?: Record<string, string>): Promise<Reply>;
  /** The same, followed as a stream of events. */
  hear(sessionId: string, content?: string, headers?: Record<string, string>): Promise<FollowedStream>;
  /** Use of each limit of Prism. */
  used(): Promise<Record<string, number>>;
}

/** The whole app, and people who use it. */
export interface PrismFixture extends TestApp {
  somebody(...plans: readonly string[]): Promise<Person>;
}

export const THOUGHT = 'I always ruin everything at work.';
export const WORDS = 'I am torn about the move to Lisbon, and I miss my garden already.';

export async function prismFixture(options: TestAppOptions = {}): Promise<PrismFixture> {
  return withPeople(await testApp(options));
}

/** An app, and people who use Prism there. */
export function withPeople<App extends TestApp>(app: App): App & PrismFixture {
  return { ...app, somebody: async (...plans) => personOf(app, await app.person(...plans)) };
}

/** The same person at another process. */
export function personOf(app: Pick<TestApp, 'call' | 'url'>, by: Customer): Person {
  const calls = callsOf(app, by);
  const { post } = calls;
  return {
    ...calls,
    turn: (thought = THOUGHT, headers) => post('/v1/turns', { thought }, headers),
    async session() {
      const { status, body } = await post('/v1/mirror/sessions', {});
      if (status !== 201) throw new Error(`it was refused: ${JSON.stringify(body)}`);
      return String(body['id']);
    },
    say: (sessionId, content = WORDS, headers) =>
      post('/v1/mirror/messages', { session_id: sessionId, content }, headers),
    hear: (sessionId, content = WORDS, headers = {}) =>
      calls.follow('/v1/mirror/messages', { headers, body: { session_id: sessionId, content } }),
    used: () => calls.used('prism'),
  };
}
