import { randomBytes } from 'node:crypto';
import { type Entity, resourceMissing } from '../operation.ts';
import { differences, idOf } from './changes.ts';
import { type StoredObject, type Kind, type Kinds, PREFIXES, type TestClock } from './objects.ts';
import { type Settings, settingsOf } from './settings.ts';

/** An event as `GET /v1/events/:id` shows it; `data.object` is the object as it was then. */
export interface WorldEvent {
  readonly id: string;
  readonly object: 'event';
  /** The connected account where it happened; not there: the platform. */
  readonly account?: string;
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: Entity; readonly previous_attributes?: object };
  readonly livemode: boolean;
  pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}

/** An event due at an instant; due events happen in the order of time. */
export interface Due {
  readonly at: number;
  readonly run: () => void;
  /** Whose customer's test clock it waits for, if they have one. */
  readonly of?: StoredObject;
}

/** Looks at a world for what comes next by itself: renewals, retries, ends of trials, pages that expire. */
export type Mechanism = (world: World) => Iterable<Due>;

export interface WorldOptions {
  /** Seconds since 1970. */
  readonly now: number;
  readonly settings?: Partial<Settings>;
  /** What stands behind the prefix of an id. */
  readonly random?: () => string;
  readonly mechanisms?: readonly Mechanism[];
}

export interface WorldState {
  readonly now: number;
  readonly tables: Partial<Record<Kind, readonly StoredObject[]>>;
  readonly events: readonly WorldEvent[];
  readonly seen: readonly (readonly [string, number])[];
  readonly usage: readonly Usage[];
  readonly marks: readonly string[];
  readonly deleted: readonly string[];
  /** Not in files of older versions. */
  readonly owners?: readonly (readonly [string, string])[];
}

/** Units that a customer used by a meter. */
export interface Usage {
  readonly meter: string;
  readonly customer: string;
  readonly value: number;
  readonly at: number;
}

/** All that Stripe would know of one shop in one mode: its objects, its clock, and what it told of them. No I/O. */
export class World {
  readonly settings: Settings;
  readonly events: WorldEvent[] = [];
  /** Identifiers of meter events of the last day, with the second when they came. */
  readonly seen = new Map<string, number>();
  readonly usage: Usage[] = [];
  /** What no object shows: cards that were set up, warnings that were sent. */
  readonly marks = new Set<string>();
  /** Ids of objects that are no more, and are told as such. */
  readonly deleted = new Set<string>();
  /** The connected accounts that balance transactions and payouts belong to; those of the platform are not here. */
  readonly owners = new Map<string, string>();
  /** The address of pages for people, without a slash at its end; their server sets it. */
  pages = 'https://stripe.invalid';
  readonly #tables = new Map<Kind, Table<StoredObject>>();
  readonly #byId = new Map<string, StoredObject>();
  readonly #mechanisms: readonly Mechanism[];
  readonly #random: () => string;
  readonly #listeners = new Set<(event: WorldEvent) => void>();
  #request: WorldEvent['request'] = { id: null, idempotency_key: null };
  #account: string | undefined;
  #now: number;
  /** The test clock that what happens now goes by. */
  #testClock: TestClock | undefined;
  /** Events of something that may yet come to nothing. */
  #held: WorldEvent[] | undefined;

  constructor(options: WorldOptions) {
    this.#now = options.now;
    this.settings = settingsOf(options.settings);
    this.#mechanisms = options.mechanisms ?? [];
    this.#random = options.random ?? (() => randomBytes(12).toString('hex'));
  }

  /** Seconds since 1970, by the test clock of the customer whom this is about, else by the world's own. */
  now(): number {
    return this.#testClock?.frozen_time ?? this.#now;
  }

  /** Seconds since 1970, by the world's own clock, by which messages are sent. */
  worldTime(): number {
    return this.#now;
  }

  /** The test clock that objects made now belong to. */
  get testClock(): string | null {
    return this.#testClock?.id ?? null;
  }

  /** Everything within happens by the test clock that the first of these objects belongs to. */
  byClockOf<T>(objects: readonly (StoredObject | undefined)[], work: () => T): T {
    const former = this.#testClock;
    this.#testClock = objects.map((object) => this.#clockOf(object)).find((clock) => clock !== undefined);
    try {
      return work();
    } finally {
      this.#testClock = former;
    }
  }

  #clockOf(object: StoredObject | undefined): TestClock | undefined {
    if (object?.object === 'test_helpers.test_clock') return object;
    const id = object?.object === 'customer' ? object.id : customerIn(object);
    const clock = id === undefined ? undefined : this.table('customer').find(id)?.test_clock;
    return typeof clock === 'string' ? this.table('test_helpers.test_clock').find(clock) : undefined;
  }

  /** Moves the clock on, a test clock within `byClockOf`; what is due meanwhile happens at its own second, in the order of time. */
  advance(seconds: number): void {
    this.advanceTo(this.now() + seconds);
  }

  advanceTo(instant: number): void {
    for (let due = this.#next(); due !== undefined && due.at <= instant; due = this.#next()) {
      this.#moveTo(due.at);
      due.run();
    }
    this.#moveTo(instant);
  }

  #moveTo(instant: number): void {
    if (this.#testClock === undefined) this.#now = Math.max(this.#now, instant);
    else this.#testClock.frozen_time = Math.max(this.#testClock.frozen_time, instant);
  }

  /** When something happens next by itself. */
  nextDueAt(): number | undefined {
    return this.#next()?.at;
  }

  /** A new id of that kind. */
  id(kind: Kind): string {
    return `${PREFIXES[kind]}_${this.#random()}`;
  }

  /** An id, or a secret, of something that is kept nowhere by itself. */
  token(prefix: string): string {
    return `${prefix}_${this.#random()}`;
  }

  table<K extends Kind>(kind: K): Table<Kinds[K]>;
  table(kind: Kind): Table<StoredObject> {
    const table = this.#tables.get(kind) ?? new Table<StoredObject>(kind, this.#byId);
    this.#tables.set(kind, table);
    return table;
  }

  /** Any object by its id. */
  find(id: string): StoredObject | undefined {
    return this.#byId.get(id);
  }

  /** Everything within was asked for by this request: its events say so. */
  during<T>(request: WorldEvent['request'], work: () => T): T {
    this.#request = request;
    try {
      return work();
    } finally {
      this.#request = { id: null, idempotency_key: null };
    }
  }

  /** Everything within happens at this connected account; at the platform, if undefined: its events say so. */
  inAccount<T>(account: string | undefined, work: () => T): T {
    const former = this.#account;
    this.#account = account;
    try {
      return work();
    } finally {
      this.#account = former;
    }
  }

  /** What would come of something: all that it does is undone, and no event is sent. */
  rehearse<T>(work: () => T): T {
    const [undo, told] = [this.#remember(), this.#held];
    this.#held = [];
    try {
      return structuredClone(work());
    } finally {
      this.#held = told;
      undo();
    }
  }

  /** Work that throws has done nothing, and no event is sent. */
  allOrNothing<T>(work: () => T): T {
    const [undo, told, held] = [this.#remember(), this.#held, new Array<WorldEvent>()];
    this.#held = held;
    try {
      const result = work();
      this.#held = told;
      for (const event of held) this.#tell(event);
      return result;
    } catch (error) {
      this.#held = told;
      undo();
      throw error;
    }
  }

  /** Changes an object and tells of it with what it was before, as `…updated` does; says nothing when nothing changed. */
  change<T extends Entity>(object: T, type: string, edit: (object: T) => void): T {
    const before = structuredClone(object);
    edit(object);
    const previous = differences(before, object);
    if (Object.keys(previous).length > 0) this.emit(type, object, previous);
    return object;
  }

  /** Tells of an object as it is now. `previous`: what changed, as it was. */
  emit(type: string, object: Entity, previous?: object): WorldEvent {
    const event: WorldEvent = {
      id: this.token('evt'),
      object: 'event',
      ...(this.#account === undefined ? {} : { account: this.#account }),
      api_version: this.settings.apiVersion,
      created: this.#now,
      data: {
        object: structuredClone(object),
        ...(previous === undefined ? {} : { previous_attributes: previous }),
      },
      livemode: false,
      pending_webhooks: 0,
      request: this.#request,
      type,
    };
    this.events.push(event);
    this.#tell(event);
    return event;
  }

  #tell(event: WorldEvent): void {
    if (this.#held !== undefined) this.#held.push(event);
    else for (const listener of this.#listeners) listener(event);
  }

  /** Hears of each event as it is made; the answer stops that. */
  listen(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  toJSON(): WorldState {
    return {
      now: this.#now,
      tables: Object.fromEntries(
        [...this.#tables]
          .map(([kind, table]) => [kind, table.oldestFirst()])
          .filter(([, rows]) => rows?.length !== 0),
      ),
      events: this.events,
      seen: [...this.seen],
      usage: this.usage,
      marks: [...this.marks],
      deleted: [...this.deleted],
      owners: [...this.owners],
    };
  }

  /** A world as `toJSON` told it, after a trip through JSON. */
  static fromJSON(state: WorldState, options: Omit<WorldOptions, 'now'> = {}): World {
    const world = new World({ ...options, now: state.now });
    world.#load(state);
    return world;
  }

  #load(state: WorldState): void {
    for (const object of Object.values(state.tables).flat()) this.#restore(object);
    this.events.push(...state.events);
    this.usage.push(...state.usage);
    for (const mark of state.marks) this.marks.add(mark);
    for (const id of state.deleted) this.deleted.add(id);
    for (const [identifier, at] of state.seen) this.seen.set(identifier, at);
    for (const [id, account] of state.owners ?? []) this.owners.set(id, account);
  }

  /** Undoes all later changes. Objects keep their identity: a holder of one sees it as it was. */
  #remember(): () => void {
    const kept = [...this.#byId.values()].map((object) => ({ object, copy: structuredClone(object) }));
    const [events, usage] = [this.events.length, this.usage.length];
    const [marks, deleted, seen] = [[...this.marks], [...this.deleted], [...this.seen]];
    return () => {
      this.#tables.clear();
      this.#byId.clear();
      for (const { object, copy } of kept) this.#restore(become(object, copy));
      this.events.length = events;
      this.usage.length = usage;
      refill(this.marks, marks);
      refill(this.deleted, deleted);
      this.seen.clear();
      for (const [identifier, at] of seen) this.seen.set(identifier, at);
    };
  }

  #restore(object: StoredObject): void {
    const table: Table<StoredObject> = this.table(object.object);
    table.add(object);
  }

  #next(): Due | undefined {
    let next: Due | undefined;
    for (const mechanism of this.#mechanisms) {
      for (const due of mechanism(this))
        if ((next === undefined || due.at < next.at) && this.#clockOf(due.of) === this.#testClock) next = due;
    }
    return next;
  }
}

function customerIn(object: StoredObject | undefined): string | undefined {
  if (object === undefined || !('customer' in object)) return undefined;
  return object.customer === null ? undefined : idOf(object.customer);
}

/** An object with everything of another, and nothing else. */
function become(object: StoredObject, copy: StoredObject): StoredObject {
  for (const name of Object.keys(object)) Reflect.deleteProperty(object, name);
  return Object.assign(object, copy);
}

function refill(set: Set<string>, values: readonly string[]): void {
  set.clear();
  for (const value of values) set.add(value);
}

/** Objects of one kind, in the order in which they were made. */
export class Table<T extends StoredObject> {
  readonly #kind: Kind;
  readonly #rows = new Map<string, T>();
  readonly #byId: Map<string, StoredObject>;

  constructor(kind: Kind, byId: Map<string, StoredObject>) {
    this.#kind = kind;
    this.#byId = byId;
  }

  add(object: T): T {
    this.#rows.set(object.id, object);
    this.#byId.set(object.id, object);
    return object;
  }

  remove(id: string): void {
    this.#rows.delete(id);
    this.#byId.delete(id);
  }

  /** Throws StripeFault `resource_missing`; `param` says where the id stood, when not in the path. */
  get(id: string, param = 'id'): T {
    const object = this.#rows.get(id);
    if (object === undefined)
      throw resourceMissing(this.#kind.split('.').at(-1)?.replaceAll('_', ' ') ?? this.#kind, id, param);
    return object;
  }

  find(id: string): T | undefined {
    return this.#rows.get(id);
  }

  /** Newest first, as Stripe lists. */
  list(): T[] {
    return [...this.#rows.values()].toReversed();
  }

  oldestFirst(): T[] {
    return [...this.#rows.values()];
  }
}
