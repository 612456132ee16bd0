import { invalidRequest, type Param, type Params } from '../operation.ts';

/** Deeper than any parameter of Stripe's, and far from what a stack takes. */
const DEEPEST = 10;

interface Branch {
  readonly names: Map<string, Branch>;
  value: string | undefined;
}

/**
 * Decodes a form, or a query, as Stripe's clients write it: `items[0][price]=p`, `expand[]=customer`. Hashes whose
 * names count up from 0 are lists. Throws StripeFault for names that make no sense.
 */
export function decode(text: string): Params {
  const root = branch();
  for (const [name, value] of new URLSearchParams(text)) putValue(root, pathOf(name), value);
  return hashOf(root);
}

function branch(): Branch {
  return { names: new Map(), value: undefined };
}

function pathOf(name: string): string[] {
  const [, first, rest] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  const path = [first ?? '', ...[...(rest ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, part]) => part ?? '')];
  if (first === undefined || path.length > DEEPEST || path.some((part) => part === '__proto__'))
    throw invalidRequest(`Invalid request: the parameter ${name.slice(0, 80)} cannot be read`);
  return path;
}

function putValue(root: Branch, path: readonly string[], value: string): void {
  let place = root;
  for (const part of path) {
    // `expand[]`: the next of a list.
    const name = part === '' ? String(place.names.size) : part;
    const next = place.names.get(name) ?? branch();
    place.names.set(name, next);
    place = next;
  }
  place.value = value;
}

function hashOf({ names }: Branch): Params {
  return Object.fromEntries([...names].map(([name, inner]) => [name, paramOf(inner)]));
}

function paramOf(inner: Branch): Param {
  if (inner.names.size === 0) return inner.value ?? '';
  const names = [...inner.names.keys()];
  return names.every((name, index) => name === String(index))
    ? [...inner.names.values()].map(paramOf)
    : hashOf(inner);
}
