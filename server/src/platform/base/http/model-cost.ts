import { z } from 'zod';

type Conceal = (value: unknown) => unknown;

const rules = new WeakMap<z.core.$ZodType, Conceal>();
const compiled = new WeakMap<z.core.$ZodType, Conceal>();
const same: Conceal = (value) => value;

/** A figure in an answer that says what model calls cost: null for callers who do not see that. Micro-dollars. */
export function modelCost(says: string) {
  const schema = z
    .int()
    .nullable()
    .describe(`${says} null: the operator does not show what model calls cost.`);
  rules.set(schema, () => null);
  return schema;
}

/**
 * Says how values of a reply's schema are written for callers who do not see what model calls cost. What is derived from the schema
 * afterwards, as by `.meta()`, does not have the rule.
 */
export function concealing<Schema extends z.ZodType>(
  schema: Schema,
  conceal: (value: z.infer<Schema>) => z.infer<Schema>,
): Schema {
  rules.set(schema, conceal as Conceal);
  return schema;
}

/** An answer for a caller who does not see what model calls cost, by the schema that its route declares. */
export function concealModelCost<Value>(schema: z.core.$ZodType, value: Value): Value {
  return concealerOf(schema)(value) as Value;
}

function concealerOf(schema: z.core.$ZodType): Conceal {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // A schema that holds itself has no figures of cost beneath.
  compiled.set(schema, same);
  const made = rules.get(schema) ?? partsOf(schema);
  compiled.set(schema, made);
  return made;
}

function partsOf(schema: z.core.$ZodType): Conceal {
  if (schema instanceof z.ZodObject) return fieldsOf(schema);
  if (schema instanceof z.ZodArray) {
    const item = concealerOf(schema.element);
    return item === same ? same : (value) => (Array.isArray(value) ? value.map(item) : value);
  }
  if (schema instanceof z.ZodUnion)
    return schema.options
      .map(concealerOf)
      .reduce((all, one) => (one === same ? all : (value) => one(all(value))), same);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return concealerOf(schema.unwrap());
  return same;
}

function fieldsOf({ shape }: z.ZodObject): Conceal {
  const fields = Object.entries(shape).flatMap(([name, field]) => {
    const conceal = concealerOf(field);
    return conceal === same ? [] : [[name, conceal] as const];
  });
  if (fields.length === 0) return same;
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const given = new Map(Object.entries(value));
    for (const [name, conceal] of fields) {
      const field = given.get(name);
      if (field !== undefined && field !== null) given.set(name, conceal(field));
    }
    return Object.fromEntries(given);
  };
}

/** Use of a budget in percent, rounded down: what customers see in place of micro-dollars. */
export function percentOf({ used, max }: { readonly used: number; readonly max: number }): number {
  return max <= 0 ? 100 : Math.max(0, Math.min(100, Math.floor((100 * used) / max)));
}
