import { NativeSelect } from '@mantine/core';

interface PickProps<Value extends string> {
  readonly label: string;
  readonly value: Value | undefined;
  readonly options: Readonly<Record<Value, string>>;
  /** What is said where nothing is chosen; without it something always is. */
  readonly none?: string;
  readonly choose: (value: Value | undefined) => void;
}

/** A filter of a list, or its order: one of some values. */
export function Pick<Value extends string>({ label, value, options, none, choose }: PickProps<Value>) {
  const values = Object.keys(options) as Value[];
  return (
    <NativeSelect
      aria-label={label}
      value={value ?? ''}
      data={[
        ...(none === undefined ? [] : [{ value: '', label: none }]),
        ...values.map((one) => ({ value: one as string, label: options[one] })),
      ]}
      onChange={({ currentTarget }) => choose(values.find((one) => one === currentTarget.value))}
    />
  );
}
