import { AppError, type ProductContext } from 'plinth/product';
import { type MemberKey, scopeOf } from './levels.ts';
import { levelProblem } from './items/store.ts';

/**
 * Throws where an account can share nothing, with any team: a personal account has no other members, and no plan
 * changes that; an organization needs a plan with `team_sharing`.
 */
export async function assertSharing(
  { db, plan }: Pick<ProductContext, 'db' | 'plan'>,
  member: MemberKey,
): Promise<void> {
  const [[given]] = await db.member(scopeOf(member), [levelProblem('organization', null)]);
  if (given?.problem === 'personal') throw new AppError('organization_only');
  await plan.assertGrants(member.accountId, 'team_sharing');
}
