import { StepList } from './step-list.tsx'

/** Changes of messages before they are routed. */
export default function TransformationsPage() {
  return <StepList kind="transformation" />
}
