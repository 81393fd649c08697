"""A graph of ONNX that is written as formulas are.

Knows: operators of ONNX by their names, and how tensors and numbers become constants of a graph; nothing of what is
computed. `onnx` is imported by whoever asks for a model.

Reference: the operators are those of https://onnx.ai/onnx/operators/, version 17 of the set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper
from torch import Tensor

OPERATORS = 17
FORM = 8
"""Version of the file format: that of these operators, so that a runtime that has them reads it."""

Operand = Union["Value", Tensor, NDArray[Any], np.generic, float]


class Graph:
    """Nodes and constants, in the order in which they are made."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operator: str, *operands: Operand, **attributes: Any) -> "Value":  # noqa: ANN401 (ONNX's own)
        """Adds a node, and returns what comes of it."""
        names = [self.value(each).name for each in operands]
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [name], **attributes))
        return Value(self, name)

    def value(self, operand: Operand) -> "Value":
        """Returns a value of the graph; what is none yet becomes a constant."""
        if isinstance(operand, Value):
            return operand
        array = operand.detach().cpu().numpy() if isinstance(operand, Tensor) else np.asarray(operand)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return Value(self, name)

    def concat(self, values: Sequence["Value"], axis: int) -> "Value":
        """Returns values side by side."""
        return values[0] if len(values) == 1 else self.node("Concat", *values, axis=axis)

    def where(self, condition: "Value", yes: Operand, no: Operand) -> "Value":
        """Returns `yes` where the condition holds, and `no` elsewhere."""
        return self.node("Where", condition, yes, no)

    def model(self, columns: int, outputs: Mapping[str, "Value"], documented: Mapping[str, str]) -> ModelProto:
        """Returns the model, checked.

        Args:
            columns: D of the input, `codes` (N, D) float64.
            outputs: by name, each (N,) float64.
            documented: what the model says of itself.
        """
        ends = [helper.make_node("Identity", [value.name], [name]) for name, value in outputs.items()]
        results = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N"]) for name in outputs]
        codes = helper.make_tensor_value_info("codes", TensorProto.DOUBLE, ["N", columns])
        graph = helper.make_graph([*self.nodes, *ends], "made", [codes], results, self.constants)
        operators = [helper.make_opsetid("", OPERATORS)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=FORM, producer_name="made")
        helper.set_model_props(model, dict(documented))
        checker.check_model(model, full_check=True)
        return model


@dataclass(frozen=True, eq=False)
class Value:
    """An array that a graph computes or holds."""

    graph: Graph
    name: str

    def __add__(self, other: Operand) -> "Value":
        return self.graph.node("Add", self, other)

    def __sub__(self, other: Operand) -> "Value":
        return self.graph.node("Sub", self, other)

    def __mul__(self, other: Operand) -> "Value":
        return self.graph.node("Mul", self, other)

    def __truediv__(self, other: Operand) -> "Value":
        return self.graph.node("Div", self, other)

    def __neg__(self) -> "Value":
        return self.graph.node("Neg", self)

    def __lt__(self, other: Operand) -> "Value":
        return self.graph.node("Less", self, other)

    def __le__(self, other: Operand) -> "Value":
        return self.graph.node("LessOrEqual", self, other)

    def __ge__(self, other: Operand) -> "Value":
        return self.graph.node("GreaterOrEqual", self, other)

    def __and__(self, other: Operand) -> "Value":
        return self.graph.node("And", self, other)

    def __or__(self, other: Operand) -> "Value":
        return self.graph.node("Or", self, other)

    def equals(self, other: Operand) -> "Value":
        """Says where it is the same as another."""
        return self.graph.node("Equal", self, other)

    def apply(self, operator: str, **attributes: object) -> "Value":
        """Returns what an operator of one operand makes of it."""
        return self.graph.node(operator, self, **attributes)

    def to(self, dtype: type[np.generic]) -> "Value":
        """Returns it in another precision."""
        return self.apply("Cast", to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def clip(self, low: float, high: float) -> "Value":
        """Returns it within bounds."""
        return self.graph.node("Clip", self, np.float64(low), np.float64(high))

    def wide(self, axis: int) -> "Value":
        """Returns it with one more axis, of length 1."""
        return self.graph.node("Unsqueeze", self, np.array([axis]))

    def narrow(self, axis: int) -> "Value":
        """Returns it without an axis of length 1."""
        return self.graph.node("Squeeze", self, np.array([axis]))

    def shaped(self, *shape: int) -> "Value":
        """Returns it in another shape; 0 for a length that stays, −1 for what follows."""
        return self.graph.node("Reshape", self, np.array(shape))

    def take(self, indices: Operand, axis: int = 1) -> "Value":
        """Returns some of its entries along an axis."""
        return self.graph.node("Gather", self, indices, axis=axis)

    def times(self, weight: Tensor) -> "Value":
        """Returns (N, R) of itself (N, C) and weights (R, C)."""
        return self.graph.node("MatMul", self, weight.T)

    def sum(self, axis: int) -> "Value":
        """Returns sums along an axis, which is gone."""
        return self.graph.node("ReduceSum", self, np.array([axis]), keepdims=0)

    def log_sum_exp(self, axis: int) -> "Value":
        """Returns logs of sums of exponentials along an axis, which is gone."""
        greatest = self.apply("ReduceMax", axes=[axis], keepdims=1)
        return (self - greatest).apply("Exp").sum(axis).apply("Log") + greatest.narrow(axis)

    def log_sigmoid(self) -> "Value":
        """Returns −log(1 + exp(−x)), without overflow."""
        return self.graph.node("Min", self, np.float64(0)) - ((-self.apply("Abs")).apply("Exp") + 1.0).apply("Log")
