import { open, plainValue, textOf, truthOf, type Value } from './values.ts';

type Apply = (callback: Value, given: readonly Value[]) => Value;
type Method = (on: Value, given: readonly Value[], apply: Apply) => Value | undefined;

/** What is made of texts and lists on the way to a statement; undefined where the values are not known. */
const METHODS: Readonly<Record<string, Method>> = {
  join: (on, [by]) => {
    const items = on.kind === 'list' ? on.items.map(textOf) : [undefined];
    const all = items.every((item) => item !== undefined) ? items : undefined;
    return all === undefined ? undefined : plainValue(all.join(by === undefined ? ',' : textOf(by)));
  },
  map: (on, [callback], apply) => {
    if (on.kind !== 'list' || callback === undefined) return undefined;
    return { kind: 'list', items: on.items.map((item, place) => apply(callback, [item, plainValue(place)])) };
  },
  flatMap: (on, [callback], apply) => {
    if (on.kind !== 'list' || callback === undefined) return undefined;
    const items = on.items.map((item, place) => apply(callback, [item, plainValue(place)]));
    if (items.some(({ kind }) => kind === 'open')) return open('a list');
    return { kind: 'list', items: items.flatMap((item) => (item.kind === 'list' ? item.items : [item])) };
  },
  filter: (on, [callback], apply) => {
    if (on.kind !== 'list' || callback === undefined) return undefined;
    const kept = on.items.map((item) => truthOf(apply(callback, [item])));
    if (kept.includes(undefined)) return undefined;
    return { kind: 'list', items: on.items.filter((_item, place) => kept[place] === true) };
  },
  keys: (_on, [record]) =>
    record?.kind === 'record'
      ? { kind: 'list', items: [...record.fields.keys()].map(plainValue) }
      : undefined,
  values: (_on, [record]) =>
    record?.kind === 'record' ? { kind: 'list', items: [...record.fields.values()] } : undefined,
  entries: (_on, [record]) =>
    record?.kind === 'record'
      ? {
          kind: 'list',
          items: [...record.fields].map(([key, value]) => ({
            kind: 'list',
            items: [plainValue(key), value],
          })),
        }
      : undefined,
  replaceAll: (on, [what, by]) => {
    const [text, from, to] = [on, what, by].map((value) => (value === undefined ? undefined : textOf(value)));
    return text === undefined || from === undefined || to === undefined
      ? undefined
      : plainValue(text.replaceAll(from, to));
  },
};

export function methodOf(name: string): Method | undefined {
  return Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
}
