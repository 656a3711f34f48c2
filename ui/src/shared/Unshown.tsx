// A page that cannot be shown: why, what to do, and the ways on. The focus goes to it, so that whoever listens hears it
// and the next Tab goes on from there.

import { t } from "@lingui/core/macro";
import { useRef, type ReactNode } from "react";
import type { CommandError } from "../bindings/bindings";
import { afterCode, Back, Button, Code } from "./controls";
import { useHeadingFocus } from "./focus";
import { said } from "./said";

interface Props {
  /** The page's own frame. */
  className: string;
  error: CommandError;
  testId: string;
  back?: ReactNode;
  /** Asks once more; absent where that cannot help. */
  onRetry?: () => void;
  /** Other ways on. */
  children?: ReactNode;
}

export function Unshown({ className, error, testId, back = <Back />, onRetry, children }: Props): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useHeadingFocus(heading);
  return (
    <div className={className} data-testid={testId} data-code={error.code}>
      {back}
      <div className="unshown">
        <h1 ref={heading} tabIndex={-1} data-quiet-focus="">
          {said(error.message)}
        </h1>
        <p dir="auto">{said(error.nextStep)}</p>
        <p className="code selectable">
          <Code code={error.code} />
          {afterCode(error.reference)}
        </p>
        <div className="unshown-ways">
          {onRetry === undefined ? null : (
            <Button testId="unshown-retry" onPress={onRetry}>
              {t`Try again`}
            </Button>
          )}
          {children}
        </div>
      </div>
    </div>
  );
}
