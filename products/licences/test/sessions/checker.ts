import type { Reply } from '@plinth/testkit/services/app';
import { type KeptSession, keptOf } from './office.ts';

/** Milliseconds that a refused borrow keeps a seat for, as any heartbeat does. */
const TTL = 360_000;

/** A session by what its machine was answered. Times are milliseconds since 1970 at the server. */
export interface SessionRecord {
  kept: KeptSession;
  readonly machine: number;
  /** How often the machine had been deactivated before: it is another one to the server then. */
  readonly life: number;
  readonly startedAt: number;
  beatAt: number;
  until: number;
  /** Until when it may work without the server, and has not said that it won't. */
  away: number;
  status: 'active' | 'released' | 'taken_over' | 'forced' | 'suspended';
  endedAt?: number;
}

export const time = ({ body }: Reply, name: string): number => Date.parse(String(body[name]));

/** Computes who held a seat when, from requests and answers alone. */
export class Checker {
  readonly sessions: SessionRecord[] = [];
  readonly activated = new Set<number>();
  deactivations = 0;
  isSuspended = false;
  /** When the last request was sent, by the driven clock. */
  now = 0;
  readonly #lives = new Map<number, number>();

  last(of: number, isStale = false): SessionRecord | undefined {
    return this.sessions.filter(({ machine }) => machine === of).at(isStale ? -2 : -1);
  }

  /** Whether the machine has had no seat since, as the same machine. */
  isLast(one: SessionRecord): boolean {
    return one === this.#sessionsOf(one).at(-1);
  }

  isLive(one: SessionRecord, at = this.now): boolean {
    return one.status === 'active' && Math.max(one.until, one.away) > at;
  }

  /** The machines that occupy a seat: those who hold it, and those who were handed out time without the server. */
  occupied(): Set<string> {
    const those = this.sessions.filter((one) => one.away > this.now || this.isLive(one));
    return new Set(those.map(nameOf));
  }

  nameOf(of: number): string {
    return nameOf({ machine: of, life: this.#lives.get(of) ?? 0 });
  }

  /** Whether a heartbeat of this session hands out time without the server: no other session has any of the seat. */
  isHandedOut(one: SessionRecord): boolean {
    const others = this.#sessionsOf(one).filter((other) => other !== one);
    return this.now - one.startedAt >= 300_000 && others.every(({ away }) => away <= this.now);
  }

  took(of: number, reply: Reply, shown: SessionRecord | undefined): void {
    const at = time(reply, 'server_time');
    const life = this.#lives.get(of) ?? 0;
    const former = this.#sessionsOf({ machine: of, life }).at(-1);
    if (former !== undefined && this.isLive(former, at))
      Object.assign(former, { status: 'taken_over', endedAt: at });
    if (shown?.life === life) shown.away = 0;
    this.activated.add(of);
    this.sessions.push({
      kept: keptOf(reply),
      machine: of,
      life,
      startedAt: at,
      beatAt: at,
      until: time(reply, 'expires_at'),
      away: 0,
      status: 'active',
    });
  }

  renewed(one: SessionRecord, reply: Reply): void {
    one.beatAt = time(reply, 'server_time');
    one.until = time(reply, 'expires_at');
    if (reply.body['offline_until'] !== null) one.away = time(reply, 'offline_until');
    one.kept = keptOf(reply);
  }

  /** It was told that it may not borrow yet, and was renewed. */
  renewedUntold(one: SessionRecord): void {
    Object.assign(one, { beatAt: this.now, until: this.now + TTL });
  }

  gaveBack(one: SessionRecord): void {
    if (this.isLast(one) && this.isLive(one)) Object.assign(one, { status: 'released', endedAt: this.now });
    one.away = 0;
  }

  ended(one: SessionRecord | undefined, status: 'forced' | 'suspended'): void {
    if (one !== undefined && this.isLive(one)) Object.assign(one, { status, endedAt: this.now });
  }

  deactivated(of: number): void {
    this.ended(this.last(of), 'forced');
    this.activated.delete(of);
    this.deactivations += 1;
    this.#lives.set(of, (this.#lives.get(of) ?? 0) + 1);
  }

  /** The history of each session. */
  history() {
    return this.sessions.map((one) => {
      const isOver = one.status === 'active' && !this.isLive(one);
      return {
        id: one.kept.session_id,
        status: isOver ? 'expired' : one.status,
        from: one.startedAt,
        until: isOver ? Math.max(one.until, one.away) : one.endedAt,
        beat: one.beatAt,
      };
    });
  }

  #sessionsOf({ machine, life }: Pick<SessionRecord, 'machine' | 'life'>): SessionRecord[] {
    return this.sessions.filter((one) => one.machine === machine && one.life === life);
  }
}

const nameOf = ({ machine, life }: Pick<SessionRecord, 'machine' | 'life'>) => `${machine} ${life}`;
