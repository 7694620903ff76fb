public import ArgumentParser
public import VirtIOTesting

extension Accelerator: ExpressibleByArgument {}
