import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;
type Direction = 'input' | 'output';

const PASCAL_CASE = /^[A-Z][A-Za-z0-9]*$/;

/** The schemas of a document: those with a name (`namedObject`) are written once, and referred to. */
export interface SchemaWriter {
  /** A schema as it is written where it is used. */
  write(schema: z.ZodType, direction: Direction): Json;
  /** All named schemas: those that were there, and those that were written. */
  named(): Json;
}

/** Throws where two different schemas have one name: a client that is generated from the document would mix them up. */
export function createSchemaWriter(fixed: Readonly<Record<string, Json>>): SchemaWriter {
  const named = new Map(Object.entries(fixed));
  const keep = (name: string, schema: Json) => {
    if (!PASCAL_CASE.test(name)) throw new Error(`the schema ${name} is not named in PascalCase`);
    const before = named.get(name);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(schema))
      throw new Error(`two different schemas have the name ${name}`);
    named.set(name, schema);
  };
  return {
    write(schema, direction) {
      const { $defs = {}, ...rest } = inComponents(toSchema(schema, direction, z.globalRegistry));
      for (const [name, one] of Object.entries($defs as Record<string, Json>)) keep(name, one);
      return rest;
    },
    named: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** A schema in full, its named parts too. */
export function inlineSchema(schema: z.ZodType, direction: Direction): Json {
  const nameless = z.registry<Record<string, unknown>>();
  nameless.get = (one) => {
    const { id: _, ...meta } = z.globalRegistry.get(one) ?? {};
    return meta;
  };
  return toSchema(schema, direction, nameless);
}

type Metadata = NonNullable<z.core.ToJSONSchemaParams['metadata']>;

function toSchema(schema: z.ZodType, io: Direction, metadata: Metadata): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    metadata,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    // Zod leaves out what a value that is read from text is when it is not said.
    override({
      zodSchema: {
        _zod: { def },
      },
      jsonSchema,
    }) {
      if (def.type === 'default') jsonSchema.default ??= def.defaultValue as Json;
    },
  });
  return rest;
}

/** Zod refers to definitions in the schema itself; a document has them in one place. */
function inComponents(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string'
      ? value.replace(/^#\/\$defs\//, '#/components/schemas/')
      : value,
  ) as Json;
}
