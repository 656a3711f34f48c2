// A desk whose key the service does not take, or whom nobody can say the key of, is connected again with a new code. What
// waits stays and is sent then.

import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { createStore } from "zustand/vanilla";
import { useApp, useDesk } from "../data/useDesk";
import { Button } from "./controls";

/** Whether somebody is connecting the desk again. */
export const connectingAgain = createStore<{ open: boolean }>(() => ({ open: false }));

/** What a new code mends. */
export const MENDED_BY_A_CODE: ReadonlySet<string> = new Set(["CONNECTION_UNREADABLE", "KEY_MISSING", "TOKEN_REFUSED", "WRONG_PROPERTY"]);

export function ConnectAgain({ testId }: { testId: string }): ReactNode {
  const desk = useDesk();
  const code = useApp((state) => state.sync.reason?.code ?? "");
  if (!MENDED_BY_A_CODE.has(code) || desk.platform.window !== "board") return null;
  return <Button className="connect-again" testId={testId} onPress={() => connectingAgain.setState({ open: true })}>{t`Connect again…`}</Button>;
}
