import { NotFound } from '@plinth/sdk';
import { expect, it } from 'vitest';
import { sdkFixture, thrownBy } from './fixture.ts';

const { admin, clientOf, visitor } = await sdkFixture();

it('a team signs up, gets a plan and a key, and makes a post with it', async () => {
  const ada = visitor();
  await ada.auth.signUp({ email: 'ada@example.com', password: 'Analytical-Engine-1843' });
  await ada.me.update({ full_name: 'Ada Lovelace' });
  const { id: organization } = await ada.organizations.create({ name: 'Engines' });
  const grant = { account_id: organization, product: 'reel', plan: 'standard' };
  await clientOf(await admin()).call('POST /v1/admin/grants', { body: grant });

  const team = ada.forAccount(organization);
  const { data: plans } = await team.entitlements();
  expect(plans.find(({ product }) => product === 'reel')).toMatchObject({ plan: 'reel.standard' });
  const { key, id: keyId } = await team.apiKeys.create({
    name: 'posts',
    scopes: ['reel:read', 'reel:write'],
  });
  if (key === null) throw new Error('a key is shown with the call that makes it');

  const { reel } = clientOf({ key });
  const asked = await reel.create({
    platform: 'linkedin',
    topic: 'Why small teams ship faster',
    variants: 2,
  });
  const { variants } = await reel.ended(asked.generation_id);
  const draft = await reel.drafts.get(asked.draft_id);
  const chosen = await reel.drafts.update(draft, { selected_variant_id: variants[1]?.id });
  expect(chosen.selected_variant_id).toBe(variants[1]?.id);
  const anew = await reel.regenerate({ draft_id: draft.id, mode: 'targeted', target: 'hook' });
  const [bolder] = (await reel.ended(anew.generation_id)).variants;
  expect(bolder?.body).toBe(variants[1]?.body);
  const saved = await reel.library.save({
    draft_id: draft.id,
    variant_id: bolder?.id,
    tags: ['launch'],
  });
  const tagged = await reel.library.update(saved, { status: 'ready' });
  expect((await reel.library.list({ tags: 'launch', status: 'ready' })).data).toEqual([tagged]);
  await reel.library.remove(saved.id);
  expect(await thrownBy(reel.library.get(saved.id))).toBeInstanceOf(NotFound);
  await reel.library.restore(saved.id);
  expect((await reel.library.get(saved.id)).tags).toEqual(['launch']);

  expect((await team.jobs.list()).data).toHaveLength(2);
  expect((await team.usage()).events).toHaveLength(2);
  await team.apiKeys.revoke(keyId);
  expect(await thrownBy(reel.drafts.list())).toMatchObject({ status: 401 });
});
