"""The loop of micrograd's demo, and what else a user writes; type checkers read it, and it runs."""

import random

import nn
from autograd import Value, compile, draw, grad, sum, tanh, value_and_grad
from nn import MLP

model = MLP(2, [16, 16, 1])
X = [[random.random(), random.random()] for _ in range(10)]
y = [1, -1] * 5

for k in range(10):
    inputs = [list(map(Value, xrow)) for xrow in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in model.parameters())
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores)]
    model.zero_grad()
    total_loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    print(k, total_loss.data, sum(accuracy) / len(accuracy))

mean = sum((model(x) - 1) ** 2 for x in X) / len(X)
mean.backward()
print(mean.data)
a = Value(2.0)
b = tanh(a * 3 + 1) ** 2
b.backward()
g: float = a.grad
f = compile(value_and_grad(lambda x: x * x))
value, slope = f(2.0)
print(grad(lambda x: x**3)(2.0) + 1, value + slope)
draw(b).save("b.svg")
history = nn.fit(model, X, y, loss="mse", epochs=2, progress=False)
print(history["loss"][-1] + 1.0)
