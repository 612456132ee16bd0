/**
 * Loaded by `node --import clock.ts?ahead=<milliseconds>` before a program, whose own clock then is so far ahead of the machine's, or
 * behind it; that of its embedded database likewise, which runs in it.
 */
const ahead = Number(new URL(import.meta.url).searchParams.get('ahead'));
const { now } = Date;
Date.now = () => now() + ahead;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length === 0 ? [target.now()] : given, made) as Date,
  apply: (target) => new target(target.now()).toString(),
});
