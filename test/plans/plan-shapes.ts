/** Reads a value of a shape. Throws for any other value; fields that the shape does not know stay. */
export type Shape<Value> = (value: unknown, path?: string) => Value;

const expected = (what: string, value: unknown, path: string) =>
  new Error(`${path} should be ${what}, and is ${JSON.stringify(value)}`);

function shapeOf<Value>(what: string, isIt: (value: unknown) => value is Value): Shape<Value> {
  return (value, path = 'the answer') => {
    if (isIt(value)) return value;
    throw expected(what, value, path);
  };
}

export const text = shapeOf('text', (value) => typeof value === 'string');
export const num = shapeOf('a number', (value) => typeof value === 'number');
export const int = shapeOf('a whole number', (value): value is number => Number.isInteger(value));

/** An object with all its fields. */
export const record = shapeOf(
  'an object',
  (value): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null,
);

export const oneOf = <const Word extends string | boolean>(...words: readonly Word[]): Shape<Word> =>
  shapeOf(`one of ${words.join(', ')}`, (value): value is Word => words.some((word) => word === value));

/** `X | None` of the document. */
export const optional =
  <Value>(shape: Shape<Value>): Shape<Value | null> =>
  (value, path) =>
    value === null || value === undefined ? null : shape(value, path);

export const list =
  <Value>(item: Shape<Value>): Shape<Value[]> =>
  (value, path = 'the answer') => {
    if (!Array.isArray(value)) throw expected('a list', value, path);
    return value.map((one, index) => item(one, `${path}[${index}]`));
  };

export const object =
  <Fields extends Readonly<Record<string, Shape<unknown>>>>(
    fields: Fields,
  ): Shape<{ readonly [Name in keyof Fields]: ReturnType<Fields[Name]> }> =>
  (value, path = 'the answer') => {
    const given = record(value, path);
    const read = Object.entries(fields).map(([name, shape]) => [name, shape(given[name], `${path}.${name}`)]);
    return Object.fromEntries(read);
  };
