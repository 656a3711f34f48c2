import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Problem } from "./controls";
import { ownWords } from "./said";

afterEach(cleanup);

describe("h16_a_problem_leads_to_the_playbook", () => {
  const error = { code: "CARRY_FILE_UNREADABLE", message: ownWords("It cannot be read."), nextStep: ownWords("Try another."), reference: "M-7" };

  it("by its code, with the reference as text beside it", () => {
    render(<Problem error={error} playbook testId="problem" />);
    expect(screen.getByRole("link").textContent).toBe("CARRY_FILE_UNREADABLE");
    expect(screen.getByTestId("problem").textContent).toContain("CARRY_FILE_UNREADABLE · M-7");
  });

  it("and not where the playbook cannot be opened, as before a hotel is connected", () => {
    render(<Problem error={error} testId="problem" />);
    expect(screen.queryByRole("link")).toBeNull();
    expect(screen.getByTestId("problem").textContent).toContain("CARRY_FILE_UNREADABLE · M-7");
  });
});
