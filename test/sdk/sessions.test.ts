import { memorySession, NoAnswer, PlinthError, type SessionTokens, Unauthenticated } from '@plinth/sdk';
import { describe, expect, it } from 'vitest';
import { flyingTime, sdkFixture, thrownBy } from './fixture.ts';

const { proxy, visitor, customer, clientOf } = await sdkFixture();
const REFRESH = 'POST /v1/auth/refresh';
const TEN_MINUTES = 600_000;

let people = 0;
const newcomer = () => ({ email: `sdk-${(people += 1)}@example.com`, password: 'Analytical-Engine-1843' });

/** A user who is signed in, on a store that the test can see. */
async function signedIn(options: Parameters<typeof visitor>[0] = {}) {
  const session = memorySession();
  const who = newcomer();
  const client = visitor({ session, ...options });
  await client.auth.signUp(who);
  const before = proxy.passedOf(REFRESH).length;
  return { client, session, who, refreshes: () => proxy.passedOf(REFRESH).length - before };
}

/** An access token that has ended, as the server sees it. */
async function spoil(session: ReturnType<typeof memorySession>): Promise<SessionTokens> {
  const tokens = await session.read();
  if (tokens === undefined) throw new Error('nobody is signed in');
  const spoilt = { ...tokens, access_token: 'ended' };
  await session.write(spoilt);
  return spoilt;
}

describe('a user who signs up', () => {
  it('is signed in', async () => {
    const client = visitor();
    const who = newcomer();
    expect(await client.auth.signUp({ ...who, full_name: 'Ada' })).toEqual({ status: 'signed_in' });
    expect(await client.me.get()).toMatchObject({ email: who.email, full_name: 'Ada' });
  });

  it('with an email that is known is told nothing about it but by the password', async () => {
    const { who } = await signedIn();
    const error = await thrownBy(visitor().auth.signUp({ ...who, password: 'Difference-Engine-1822' }));
    expect(error).toMatchObject({ code: 'invalid_credentials', status: 401 });
  });
});

describe('a session is renewed', () => {
  it('once, by however many calls find it ended at once', async () => {
    const { client, session, refreshes } = await signedIn();
    await spoil(session);
    await Promise.all(Array.from({ length: 20 }, () => client.me.get()));
    expect(refreshes()).toBe(1);
    expect((await session.read())?.access_token).not.toBe('ended');
  });

  it('before it ends, so that no call is refused for it', async () => {
    const { time, pass } = flyingTime();
    const { client, refreshes } = await signedIn({ time });
    pass(TEN_MINUTES - 20_000);
    const before = proxy.passedOf('GET /v1/me').length;
    await Promise.all([client.me.get(), client.me.get()]);
    expect([refreshes(), proxy.passedOf('GET /v1/me').length - before]).toEqual([1, 2]);
  });

  it('once and not before every call, where the clock here is wrong', async () => {
    const { time, pass } = flyingTime();
    pass(24 * 3_600_000);
    const { client, refreshes } = await signedIn({ time });
    for (let calls = 0; calls < 5; calls += 1) await client.me.get();
    expect(refreshes()).toBe(1);
  });

  it('by two tabs at once, and holds in both', async () => {
    const { client: one, session } = await signedIn();
    const other = visitor({ session });
    await spoil(session);
    await Promise.all([one.me.get(), other.me.get()]);
    await Promise.all([one.me.get(), other.me.get()]);
    expect(await one.auth.isSignedIn()).toBe(true);
  });

  it('by two tabs at once that share no store: both are given the one successor', async () => {
    const { session } = await signedIn();
    const tokens = await spoil(session);
    const stores = [memorySession(tokens), memorySession(tokens)];
    await Promise.all(stores.map((store) => visitor({ session: store }).me.get()));
    const [one, other] = [await stores[0]?.read(), await stores[1]?.read()];
    expect(one?.refresh_token).not.toBe(tokens.refresh_token);
    expect(other?.refresh_token).toBe(one?.refresh_token);
  });

  it('by one tab for the other, which asks for nothing', async () => {
    const { client: one, session, refreshes } = await signedIn();
    await spoil(session);
    await one.me.get();
    await visitor({ session }).me.get();
    expect(refreshes()).toBe(1);
  });

  it('although the answer with the new tokens was lost', async () => {
    const { client, session } = await signedIn();
    await spoil(session);
    proxy.next(REFRESH, { kind: 'answer_lost' });
    await client.me.get();
    await client.me.get();
    expect(await client.auth.isSignedIn()).toBe(true);
  });
});

describe('a session is over', () => {
  it('when it was ended elsewhere: its tokens are dropped, and calls say so', async () => {
    const { client, session, who } = await signedIn();
    const elsewhere = visitor();
    await elsewhere.auth.signIn(who);
    await elsewhere.auth.signOutEverywhere();
    await spoil(session);
    expect(await thrownBy(client.me.get())).toBeInstanceOf(Unauthenticated);
    expect(await session.read()).toBeUndefined();
  });

  it('not when the server can’t be reached', async () => {
    const { client, session } = await signedIn({ retries: { max: 0 } });
    await spoil(session);
    proxy.next(REFRESH, { kind: 'answered', status: 503 });
    expect(await thrownBy(client.me.get())).toBeInstanceOf(PlinthError);
    await client.me.get();
    expect(await client.auth.isSignedIn()).toBe(true);
  });

  it('on the server and here when somebody signs out, and here even if the server is away', async () => {
    const { client, session } = await signedIn();
    const kept = await session.read();
    await client.auth.signOut();
    expect(await client.auth.isSignedIn()).toBe(false);
    await session.write(kept);
    expect(await thrownBy(client.me.get())).toBeInstanceOf(Unauthenticated);

    const other = await signedIn({ retries: { max: 0 } });
    proxy.next('POST /v1/auth/logout', { kind: 'answer_lost' });
    expect(await thrownBy(other.client.auth.signOut())).toBeInstanceOf(NoAnswer);
    expect(await other.session.read()).toBeUndefined();
  });

  it('for a renewal too that was under way when somebody signed out', async () => {
    const session = memorySession();
    const fetchAndForget: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (answer.url.endsWith('/v1/auth/refresh')) await session.write(undefined);
      return answer;
    };
    const { client } = await signedIn({ session, fetch: fetchAndForget });
    await spoil(session);
    expect(await thrownBy(client.me.get())).toBeInstanceOf(Unauthenticated);
    expect(await session.read()).toBeUndefined();
  });
});

it('a client with a key has nobody to sign in, and its key is not renewed', async () => {
  const client = clientOf(await customer());
  await expect(client.auth.signIn(newcomer())).rejects.toThrow('this client has an API key');
});
