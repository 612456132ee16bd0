import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface DialogProps {
  /** What it is, for those who hear the page. */
  readonly label: string;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** Something over the page, which Escape and a press beside it close. The library's own header would be a second banner. */
export function Dialog({ label, close, children }: DialogProps) {
  return (
    <Modal.Root opened onClose={close} yOffset="10vh">
      <Modal.Overlay />
      <Modal.Content aria-label={label}>{children}</Modal.Content>
    </Modal.Root>
  );
}
