import { StepList } from './step-list.tsx'

/** Checks of messages before they are routed. */
export default function ValidationsPage() {
  return <StepList kind="validation" />
}
