import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '../../test/faults/chance.ts';
import type { SignIn } from '../customers.ts';
import type { Caller, Calls, StreamResult } from './calls.ts';

/** What people do their calls with. */
export interface PersonParts {
  readonly calls: Calls;
  readonly address: string;
  readonly chance: Chance;
  /** The part of their time that people take; 0: they do not think. */
  readonly pace: number;
  /** Ends when everybody is called away. */
  readonly over: AbortSignal;
}

/** Takes so many seconds on average: often less, at times much more. */
export async function think({ chance, pace, over }: PersonParts, seconds: number): Promise<void> {
  const ms = Math.min(-Math.log(1 - chance.next()), 5) * seconds * pace * 1_000;
  await pause(ms, undefined, { signal: over }).catch(() => {});
}

/** A person with the app, by the calls that it makes. What fails is written down; they go on as people do. */
export class Person {
  readonly #parts: PersonParts;
  readonly #signIn: SignIn;
  #token: string | undefined;

  constructor(parts: PersonParts, signIn: SignIn) {
    this.#parts = parts;
    this.#signIn = signIn;
  }

  get isCalledAway(): boolean {
    return this.#parts.over.aborted;
  }

  thinks(seconds: number): Promise<void> {
    return think(this.#parts, seconds);
  }

  /** Whether they are in. */
  async signsIn(): Promise<boolean> {
    const body = await this.#call('sign-in', 'POST /v1/auth/login', this.#signIn);
    this.#token = textIn(body, 'access_token');
    return this.#token !== undefined;
  }

  async leaves(): Promise<void> {
    await this.#call('sign-out', 'POST /v1/auth/logout');
    this.#token = undefined;
  }

  /** The id of the turn. */
  async turns(thought: string): Promise<string | undefined> {
    return textIn(await this.#call('turn', 'POST /v1/turns', { thought }), 'id');
  }

  async rates(turn: string, helpful: boolean): Promise<void> {
    await this.#call('feedback', `POST /v1/turns/${turn}/feedback`, { helpful });
  }

  async opensSession(): Promise<string | undefined> {
    return textIn(await this.#call('session', 'POST /v1/mirror/sessions', {}), 'id');
  }

  /** Says something, and waits for the whole reply. */
  async asks(session: string, content: string): Promise<void> {
    await this.#call('message, plain', 'POST /v1/mirror/messages', { session_id: session, content });
  }

  /** Says something, and reads the reply as it is written. */
  async listens(session: string, content: string): Promise<void> {
    await this.#stream({ content, session, cut: false });
  }

  /** The same, and is gone after the first words. */
  async hangsUpOn(session: string, content: string): Promise<void> {
    await this.#stream({ content, session, cut: true });
  }

  async reads(session: string): Promise<void> {
    await this.#call('read', `GET /v1/mirror/sessions/${session}`);
  }

  async closes(session: string): Promise<void> {
    await this.#call('close', `POST /v1/mirror/sessions/${session}/close`);
  }

  #call(name: string, route: string, body?: object) {
    return this.#parts.calls.call(this.#caller(), { name, route, body });
  }

  #stream(of: StreamResult): Promise<void> {
    return this.#parts.calls.stream(this.#caller(), of);
  }

  #caller(): Caller {
    return { address: this.#parts.address, token: this.#token };
  }
}

function textIn(body: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = body[field];
  return typeof value === 'string' ? value : undefined;
}
