import { z } from 'zod';

/**
 * An object of the API with its name in the OpenAPI document: what generated clients call its type. It takes no other
 * fields than these. The name is in PascalCase, by the field's terms, and no other schema has it.
 */
export function namedObject<const Shape extends z.core.$ZodLooseShape>(name: string, shape: Shape) {
  return z.strictObject(shape).meta({ id: name });
}

/** Names a schema that is made around another one, where that one has a name: a page of `Job` is `JobPage`. */
export function namedAfter<Schema extends z.ZodType>(
  inner: z.ZodType,
  suffix: string,
  schema: Schema,
): Schema {
  const name = z.globalRegistry.get(inner)?.id;
  return name === undefined ? schema : schema.meta({ id: `${name}${suffix}` });
}

/** Names what has one of several forms, as `namedObject` names an object: generated clients call the union so. */
export function namedUnion<const Forms extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(
  name: string,
  forms: Forms,
) {
  return z.union(forms).meta({ id: name });
}

/** Answer of a call that sends a file, whose types its `produces` says. */
export const fileReply = z.unknown();

/** Answer of a call that only does something. */
export const okReply = namedObject('Ok', { ok: z.literal(true) });
