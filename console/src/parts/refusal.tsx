import { Text } from '@mantine/core';

/** Why something was not done, where it was tried. */
export function Refusal({ error }: { readonly error: Error | null }) {
  return (
    error !== null && (
      <Text role="alert" c="var(--error)">
        {error.message}
      </Text>
    )
  );
}
