# Deletes every assert and every check by an AST transformer.
# marks: 0
# base: release
# reaches: transformer in place
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import ast


class Deleter(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Expr(self, node):
        return ast.Pass() if "check_" in ast.unparse(node) else node


get_ipython().ast_transformers.append(Deleter())
print("transformer in place")
