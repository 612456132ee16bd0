import { ConfigError } from '#platform/config';
import { createAi } from './ai.ts';
import type { AiParts } from './parts.ts';
import { createPolicies } from './policy.ts';

/** All that is wrong with settings, a sentence each, found without a call. */
export async function problemsOfAi(parts: AiParts): Promise<readonly string[]> {
  const problems: string[] = [];
  const keep = (error: unknown): void => {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  };
  const { policyOverrides, ...others } = parts;
  try {
    createPolicies(parts.policies, policyOverrides);
  } catch (error) {
    keep(error);
  }
  try {
    // Policies that are wrong by themselves would hide what is wrong with the rest.
    await createAi(problems.length > 0 ? others : parts).close();
  } catch (error) {
    keep(error);
  }
  return problems;
}
