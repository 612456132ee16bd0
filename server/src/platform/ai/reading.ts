/** The rules by which unread members are told. */
export interface Telling {
  /** A member that may be passed over. */
  readonly isIdle: (name: string, owner: object) => boolean;
  /** The path of an item of a list. */
  readonly item: (path: string, at: string) => string;
}

/** Notes which members of values of JSON are read: a translation loses what it does not know of, and can't say so by itself. */
export class Reading {
  readonly #views = new Map<object, object>();
  readonly #values = new Map<object, object>();
  readonly #read = new Map<object, Set<string>>();
  readonly #handedOn = new Set<object>();

  /** The value, whose reader is noted. */
  seen<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#views.get(value);
    if (known !== undefined) return known as T;
    const read = new Set<string>();
    const view = new Proxy<object>(value, {
      get: (target, name): unknown => {
        if (typeof name === 'string') read.add(name);
        return this.seen(Reflect.get(target, name) as unknown);
      },
    });
    this.#read.set(value, read);
    this.#views.set(value, view);
    this.#values.set(view, value);
    return view as T;
  }

  /** Puts the values themselves into what a reader made: they are handed on whole. */
  handOn<T>(made: T): T {
    if (typeof made !== 'object' || made === null) return made;
    const value = this.#values.get(made);
    if (value !== undefined) {
      this.#handedOn.add(value);
      return value as T;
    }
    const members = made as Record<string, unknown>;
    for (const [name, member] of Object.entries(members)) {
      const plain = this.handOn(member);
      if (plain !== member) members[name] = plain;
    }
    return made;
  }

  /** The paths of what is set and was passed over, the outermost of each. */
  *unread(value: unknown, path: string, by: Telling): Generator<string> {
    if (typeof value !== 'object' || value === null || this.#handedOn.has(value)) return;
    const isList = Array.isArray(value);
    const read = this.#read.get(value);
    for (const [name, member] of Object.entries(value)) {
      if (!says(member) || (!isList && by.isIdle(name, value))) continue;
      const place = isList ? by.item(path, name) : path === '' ? name : `${path}.${name}`;
      if (read?.has(name) === true) yield* this.unread(member, place, by);
      else yield place;
    }
  }
}

/** A member that is empty or false goes without saying. */
function says(member: unknown): boolean {
  if (member === undefined || member === null || member === false || member === '') return false;
  return typeof member !== 'object' || Object.keys(member).length > 0;
}
