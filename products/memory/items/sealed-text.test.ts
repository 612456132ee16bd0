import { expect, test } from 'vitest';
import type { AccountId } from '#platform/kernel';
import { memoryDataRules } from '../data-rules.ts';
import { sealedText } from './sealed-text.ts';

const accountId = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01' as AccountId;
const id = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f02';

test('a sealed text is bound to the place that stored ones are', () => {
  expect(sealedText.linkPath.placeIn({ accountId, id })).toBe(
    `coditect.memory_links.path/${accountId}/${id}`,
  );
});

test('an export opens each sealed column at the place where it was sealed', () => {
  for (const text of Object.values(sealedText)) {
    const rule = memoryDataRules.find(({ table }) => table === text.table);
    expect(rule?.sealed?.[text.column]?.({ account_id: accountId, id })).toBe(
      text.placeIn({ accountId, id }),
    );
  }
});
