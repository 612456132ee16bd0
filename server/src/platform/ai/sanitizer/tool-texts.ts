import { isRecord } from '#platform/kernel';
import { z } from 'zod';

/** A tool as a provider is told of it. */
export interface DescribedTool {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType;
}

/**
 * The texts of tools for a policy's `secretTexts`: their descriptions, those of their fields, and their schemas as they are sent. Lists of names
 * are left out: that a task has a title, a status and a priority anybody may say.
 */
export function toolTexts(tools: readonly DescribedTool[]): string[] {
  return tools.flatMap(({ name, description, input }) => {
    const schema = z.toJSONSchema(input, { target: 'draft-7', io: 'input' });
    const told = [`${name}: ${description}`, ...descriptionsIn(schema)].join('\n');
    return [told, ...JSON.stringify({ name, description, parameters: schema }).split(NAMES)];
  });
}

/** Lists of names in a JSON schema: required fields and enumerations. */
const NAMES = /"(?:required|enum)":\[[^\]]*\]/;

/** `field: description` of all fields of a schema that have one. */
function descriptionsIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(descriptionsIn);
  if (!isRecord(schema)) return [];
  const fields = Object.entries(isRecord(schema['properties']) ? schema['properties'] : {});
  return [
    ...fields.flatMap(([name, field]) =>
      isRecord(field) && typeof field['description'] === 'string' ? `${name}: ${field['description']}` : [],
    ),
    ...Object.values(schema).flatMap(descriptionsIn),
  ];
}
