import TaskFiles

/// A step of a task file. The model has the same word for the step of a stored task.
typealias TaskStep = TaskFiles.TaskStep
